import { readFileSync } from 'node:fs';
import { type User as Asker, dockerAccess, dockerStart, podmanProblem } from './cures.mjs';
import type { RunSpec, RuntimeName, User } from './sandbox.ts';

/** What differs between engines that share docker's command line. */
export interface EngineDialect {
  readonly runtime: RuntimeName;
  readonly program: string;
  /** The log is bounded; the driver is named, or an engine set up for another one refuses the options. */
  readonly logArguments: readonly string[];
  /** What this engine does otherwise unless it is told. */
  readonly extraArguments: readonly string[];
  /** Options of a `--tmpfs` that belongs to the run's user and nobody else. */
  readonly ownedTmpfs: (user: User) => string;
  /** A label's value in `ps --format`. */
  readonly label: (key: string) => string;
  /** What `ps` calls a container that runs. */
  readonly running: RegExp;
  /** Does it give a container the names in the host's own /etc/hosts, unless it gets a file to use instead? */
  readonly copiesHosts: boolean;
  /** Does a container's stdin stay open when the client attached to it is gone? */
  readonly keepsStdin: boolean;
  /** Run with `--rm`; otherwise we remove what has ended, or the next host's reaper does. */
  readonly removesItself: boolean;
  /** Does its client make containers by itself, so that one killed at the wrong moment leaves a name that no `ps` shows? */
  readonly leavesHalfMade: boolean;
  /** How its owner starts it, and how a user comes to be let in; `said` is what its client said. */
  readonly cures: {
    readonly start: (user: Asker, said: string) => string;
    readonly access: (user: Asker, said: string) => string;
  };
}

export const docker: EngineDialect = {
  runtime: 'docker',
  program: 'docker',
  logArguments: ['--log-driver', 'json-file', '--log-opt', 'max-size=5m', '--log-opt', 'max-file=1'],
  extraArguments: [],
  ownedTmpfs: ({ uid, gid }) => `uid=${uid},gid=${gid},mode=700`,
  label: (key) => `{{.Label "${key}"}}`,
  running: /^running$/,
  copiesHosts: false,
  keepsStdin: true,
  removesItself: true,
  leavesHalfMade: false,
  cures: { start: dockerStart, access: dockerAccess },
};

export interface PodmanHost {
  /** Containers of an ordinary user live in a user namespace. */
  readonly rootless: boolean;
  /** The text of /proc/self/limits; undefined where there is none, or where podman runs elsewhere. */
  readonly processLimits: string | undefined;
}

/** Podman as this very process would call it. */
export function podmanHere(): EngineDialect {
  const here = process.platform === 'linux';
  return podman({
    rootless: process.getuid?.() !== 0,
    processLimits: here ? readFileSync('/proc/self/limits', 'utf8') : undefined,
  });
}

export function podman({ rootless, processLimits }: PodmanHost): EngineDialect {
  return {
    runtime: 'podman',
    program: 'podman',
    logArguments: ['--log-driver', 'k8s-file', '--log-opt', 'max-size=5m'],
    extraArguments: [
      // Else /run and /var/tmp are writable beside the root that is not.
      '--read-only-tmpfs=false',
      // SELinux keeps containers from the sockets of processes outside, and so from the gateway.
      ...['--security-opt', 'label=disable'],
      // `rm -f` waits this long for a polite end. What is removed here has had its time.
      ...['--stop-timeout', '0'],
      // Its own defaults are above what a host without CAP_SYS_RESOURCE may give.
      ...ulimitArguments(processLimits),
      // The run's user is the same one outside; otherwise it would be a number nobody owns.
      ...(rootless ? ['--userns', 'keep-id'] : []),
    ],
    ownedTmpfs: () => 'mode=700,U',
    label: (key) => `{{index .Labels "${key}"}}`,
    // Up to some release `State` is a sentence.
    running: /^(running|up)\b/i,
    copiesHosts: true,
    keepsStdin: false,
    // Its attach client ends with 0 whatever the container ended with, and nobody else knows once it is removed.
    removesItself: false,
    leavesHalfMade: true,
    cures: { start: podmanCure, access: podmanCure },
  };
}

function podmanCure(user: Asker, said: string): string {
  const known = podmanProblem(user, said);
  if (known) return `${known.says} ${known.cure}`;
  return 'Run "podman info" as this very user and mend what it names (macOS: podman machine start), then try again.';
}

/** What an engine says of a limit that it was asked for and does not keep; undefined when it keeps them all. */
export function droppedLimit(limits: RunSpec['limits'], warnings: string): string | undefined {
  if (!limits) return undefined;
  return warnings.split('\n').find((line) => /\blimit/i.test(line) && /\b(discarded|ignored)\b/i.test(line));
}

const podmanDefaults = [
  { name: 'nofile', line: /^Max open files +\S+ +(\d+)/m, most: 1_048_576 },
  { name: 'nproc', line: /^Max processes +\S+ +(\d+)/m, most: 32_768 },
];

function ulimitArguments(processLimits: string | undefined): string[] {
  if (processLimits === undefined) return [];
  return podmanDefaults.flatMap(({ name, line, most }) => {
    const hard = Math.min(Number(line.exec(processLimits)?.[1] ?? most), most);
    return ['--ulimit', `${name}=${hard}:${hard}`];
  });
}
