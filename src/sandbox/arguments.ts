import { NanoclawError } from '../model/errors.ts';
import type { EngineDialect } from './dialects.ts';
import { insideHome, workingDirectory } from './environment.ts';
import type { Mount, RunSpec } from './sandbox.ts';

export const labels = {
  install: 'nanoclaw.install',
  group: 'nanoclaw.group',
  run: 'nanoclaw.run',
} as const;

/** Made of install and group only: a second start of a group meets a name conflict, never a second container. */
export function containerName(install: string, group: string): string {
  return `nanoclaw-${install}-${group}`;
}

/** `docker run …`, complete. `environmentFile` is a path only the client reads; values never stand among the arguments. */
export function runArguments(
  spec: RunSpec,
  engine: { dialect: EngineDialect; image: string; environmentFile: string },
): string[] {
  const { uid, gid } = spec.user;
  if (uid === 0) {
    throw new NanoclawError('sandbox.cannot', 'A run as root was asked for; containers here never run as root.');
  }
  const owned = engine.dialect.ownedTmpfs(spec.user);
  return [
    ...['run', '-d', '-i', '--init', ...(engine.dialect.removesItself ? ['--rm'] : []), '--pull', 'never'],
    ...['--name', containerName(spec.install, spec.group)],
    ...['--label', `${labels.install}=${spec.install}`],
    ...['--label', `${labels.group}=${spec.group}`],
    ...['--label', `${labels.run}=${spec.run}`],
    ...['--network', 'none', '--user', `${uid}:${gid}`, '--workdir', workingDirectory],
    // exec: Chromium, npx and compilers run what they put there.
    ...['--read-only', '--tmpfs', '/tmp:exec'],
    ...['--tmpfs', `${insideHome}:${owned},exec`, '--tmpfs', `${insideHome}/.claude:${owned}`],
    ...['--cap-drop', 'ALL', '--security-opt', 'no-new-privileges'],
    ...limitArguments(spec.limits),
    ...engine.dialect.extraArguments,
    ...engine.dialect.logArguments,
    ...byTarget(spec.mounts).flatMap((mount) => ['--mount', mountArgument(mount)]),
    ...['--env-file', engine.environmentFile],
    engine.image,
  ];
}

/** Outer mounts before those that lie in them. */
export function byTarget(mounts: readonly Mount[]): Mount[] {
  return [...mounts].sort((a, b) => a.target.split('/').length - b.target.split('/').length);
}

/** Docker's env-file: one `NAME=value` a line, taken literally. It has no way to write a line break. */
export function environmentFile(environment: Readonly<Record<string, string>>): string {
  const lines = Object.entries(environment).map(([name, value]) => {
    if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name) || /[\n\r\0]/.test(value)) {
      throw new NanoclawError('sandbox.cannot', `The environment variable ${JSON.stringify(name)} is not one line.`);
    }
    return `${name}=${value}\n`;
  });
  return lines.join('');
}

function limitArguments(limits: RunSpec['limits']): string[] {
  if (!limits) return [];
  // memory-swap = memory: no swap on top of it.
  const memory = ['--memory', limits.memory, '--memory-swap', limits.memory];
  return [...memory, '--cpus', String(limits.cpus), '--pids-limit', String(limits.pids)];
}

/** The value is one line of CSV: a comma or quote in a path would otherwise become an option of the mount. */
function mountArgument({ source, target, readOnly }: Mount): string {
  const fields = ['type=bind', `source=${source}`, `target=${target}`, ...(readOnly ? ['readonly'] : [])];
  return fields.map((field) => (/[",\n\r]/.test(field) ? `"${field.replaceAll('"', '""')}"` : field)).join(',');
}
