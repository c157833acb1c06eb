import { homedir } from 'node:os';
import type { Clock } from '../lib/clock.ts';
import { hasCode, NanoclawError, sentenceOf } from '../model/errors.ts';
import {
  installBubblewrap,
  podmanLimitsProblem,
  podmanProblem,
  podmanStorageProblem,
  programIn,
  thisUser,
} from './cures.mjs';
import { docker, podmanHere } from './dialects.ts';
import { clientEnvironment, EngineClient } from './engine-client.ts';
import { type EnginePlaces, enginePlaces, signOfDocker } from './engine-places.ts';
import { LocalSandbox } from './local.ts';
import type { RuntimeName } from './sandbox.ts';

export interface ChoiceOptions {
  /** The owner's setting; anything but `auto` rules and is not recorded. */
  readonly setting: RuntimeName | 'auto';
  /** What an earlier choice recorded: from then on it is required. */
  readonly recorded: RuntimeName | undefined;
  readonly searchPath: string;
  readonly dockerHost: string | undefined;
  /** What podman reads of the environment. */
  readonly podman: Readonly<Record<string, string>>;
  readonly platform: NodeJS.Platform;
  readonly clock: Clock;
  /** For tests: a machine with other places than this one. */
  readonly places?: EnginePlaces;
  /** For tests: another user than this one. */
  readonly user?: ReturnType<typeof thisUser>;
}

/** An engine is installed and does not answer: never a reason to take the weaker sandbox silently. */
interface NotRunning {
  readonly type: 'not-running';
  readonly error: NanoclawError;
}

export type RuntimeChoice =
  /** `record`: decided here and now, to be written down by the caller. Whether it works is for `check` to say. */
  | {
      readonly type: 'use';
      readonly runtime: RuntimeName;
      readonly record: boolean;
      /** An engine that is there and cannot be used, so that this one was taken: to be said to a person. */
      readonly notice?: string | undefined;
    }
  | NotRunning
  /** Nothing usable. `install`: a command that cures it, to be run as root; undefined where a person has to do it. */
  | { readonly type: 'nothing'; readonly error: NanoclawError; readonly install: readonly string[] | undefined };

/** Which runtime this host uses. Settles within 20 s; never throws for what it finds. */
export async function chooseRuntime(options: ChoiceOptions): Promise<RuntimeChoice> {
  const { setting, recorded, searchPath, dockerHost } = options;
  if (setting !== 'auto') return { type: 'use', runtime: setting, record: false };
  if (recorded) return { type: 'use', runtime: recorded, record: false };
  const sign = signOfDocker(options.places ?? enginePlaces(homedir()), { searchPath, dockerHost });
  const asked = sign === undefined ? undefined : await askDocker(options, sign);
  if (asked?.type === 'use') return asked;
  // DOCKER_HOST is the owner's word for one engine; nothing else of the same strength is taken for it.
  const podman = dockerHost === undefined ? await askPodman(options) : undefined;
  if (podman?.type === 'use') {
    const why = asked?.error.cause;
    const instead = why instanceof NanoclawError ? [`podman runs the agents. ${sentenceOf(why)}`] : [];
    const notices = [...instead, ...(podman.notice === undefined ? [] : [podman.notice])];
    return notices.length === 0 ? podman : { ...podman, notice: notices.join('\n') };
  }
  if (asked && podman?.type === 'not-running') return bothDown(asked.error, podman.error);
  if (asked) return asked;
  if (podman?.type === 'not-running') return podman;
  if (options.platform !== 'linux') return nothing(nothingCure(options.platform));
  const local = await askLocal(options);
  return local.type === 'use' && podman?.type === 'skipped' ? { ...local, notice: podman.notice } : local;
}

async function askDocker(
  { searchPath, dockerHost }: ChoiceOptions,
  sign: string,
): Promise<Extract<RuntimeChoice, { type: 'use' | 'not-running' }>> {
  try {
    const client = new EngineClient(docker, clientEnvironment({ searchPath, dockerHost }));
    const { stdout: name } = await client.run(['--version'], { deadlineMs: 8_000 });
    if (/podman/i.test(name)) return notRunning(sign, new Error('The docker command here is podman.'));
    const answer = await client.run(['version', '--format', '{{.Server.Version}}'], { deadlineMs: 8_000 });
    if (answer.code === 0) return { type: 'use', runtime: 'docker', record: true };
    return notRunning(sign, new NanoclawError('sandbox.unavailable', answer.stderr.trim().slice(0, 300)));
  } catch (error) {
    return notRunning(sign, error);
  }
}

/**
 * One that cannot even say what it is counts as not installed, and that is said (`skipped`). One that can, and cannot make
 * a container, is an engine that does not work.
 */
async function askPodman(
  options: ChoiceOptions,
): Promise<RuntimeChoice | { type: 'skipped'; notice: string } | undefined> {
  const { searchPath, podman } = options;
  if (!programIn(searchPath, 'podman')) return undefined;
  const dialect = podmanHere();
  try {
    const client = new EngineClient(dialect, clientEnvironment({ searchPath, dockerHost: undefined, podman }));
    const info = await client.run(['info', '--format', 'json'], { deadlineMs: 8_000 });
    const user = options.user ?? thisUser(searchPath);
    if (info.code !== 0) return skipped(dialect.cures.access(user, info.stderr));
    // Elsewhere than on Linux, and where it is only a client, it makes its namespaces on another machine.
    if (user.rights === 'root' || options.platform !== 'linux' || podman['CONTAINER_HOST'] !== undefined) {
      return { type: 'use', runtime: 'podman', record: true };
    }
    const map = await client.run(['unshare', 'cat', '/proc/self/uid_map'], { deadlineMs: 8_000 });
    // With one line only its own user is mapped: no image can be unpacked, no other user can be had.
    const mapped = map.code === 0 && map.stdout.trim().split('\n').length !== 1;
    const problem = mapped ? undefined : podmanProblem(user, map.stderr);
    const known = problem ?? podmanLimitsProblem(user, info.stdout);
    if (!known && (mapped || map.stdout.trim() === '')) {
      const slow = podmanStorageProblem(info.stdout);
      return { type: 'use', runtime: 'podman', record: true, ...(slow ? { notice: `${slow.says} ${slow.cure}` } : {}) };
    }
    const says = known?.says ?? `podman cannot make containers: ${map.stderr.trim().slice(0, 300)}.`;
    return notRunning(
      'podman',
      new NanoclawError('sandbox.unavailable', says, { cure: known?.cure ?? dialect.cures.access(user, map.stderr) }),
    );
  } catch (error) {
    if (hasCode(error, 'sandbox.unavailable')) return skipped(sentenceOf(error));
    throw error;
  }
}

function skipped(why: string): { type: 'skipped'; notice: string } {
  return { type: 'skipped', notice: `podman is installed and does not work, so agents do not run in it. ${why}` };
}

const orLocal = 'To go on without an engine, in the weaker sandbox: CONTAINER_RUNTIME=local ./nanoclaw start';

function notRunning(sign: string, cause: unknown): NotRunning {
  const message = `A container engine is installed (${sign}) but cannot be used.`;
  const cure = `${sentenceOf(cause)} ${orLocal}`;
  return { type: 'not-running', error: new NanoclawError('sandbox.unavailable', message, { cure, cause }) };
}

/** Either mended is enough, so both are said. */
function bothDown(docker: NanoclawError, podman: NanoclawError): NotRunning {
  const message = 'Two container engines are installed, docker and podman, and neither can be used.';
  const cure = `${sentenceOf(docker.cause)}\n${sentenceOf(podman.cause)}\n${orLocal}`;
  return { type: 'not-running', error: new NanoclawError('sandbox.unavailable', message, { cure }) };
}

async function askLocal({ searchPath, clock }: ChoiceOptions): Promise<RuntimeChoice> {
  if (!programIn(searchPath, 'bwrap')) {
    const apt = programIn(searchPath, 'apt-get');
    return nothing(
      installBubblewrap(thisUser(searchPath)),
      apt ? [apt, 'install', '-y', '--no-install-recommends', 'bubblewrap'] : undefined,
    );
  }
  try {
    await new LocalSandbox({ program: { mounts: [], command: [] }, searchPath, hidden: [], clock }).check();
    return { type: 'use', runtime: 'local', record: true };
  } catch (error) {
    return nothing(sentenceOf(error));
  }
}

function nothing(cure: string, install?: readonly string[]): RuntimeChoice {
  const message = 'There is nothing to run agents in: no container engine and no usable bubblewrap.';
  return { type: 'nothing', error: new NanoclawError('sandbox.unavailable', message, { cure }), install };
}

function nothingCure(platform: NodeJS.Platform): string {
  return platform === 'darwin'
    ? 'Install Docker and start it: brew install --cask docker-desktop && open -a Docker.'
    : 'Install Docker and start it.';
}
