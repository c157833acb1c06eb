import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { byTarget, environmentFile, runArguments } from '../src/sandbox/arguments.ts';
import { docker as dialect } from '../src/sandbox/dialects.ts';
import { passingFile } from '../src/sandbox/engine-client.ts';
import { systemPaths } from '../src/sandbox/local-system.ts';
import type { RunSpec } from '../src/sandbox/sandbox.ts';
import { docker, image } from './docker.ts';
import { moment } from './moment.ts';
import type { Runtime } from './timed-house.ts';

/** Milliseconds the bare engine needs to start `true` as our run was started; nothing of it is left afterwards. */
export const engineStart: Record<Runtime, (spec: RunSpec) => Promise<number>> = {
  async docker(spec) {
    using file = passingFile(environmentFile(spec.environment));
    const floor = { ...spec, install: 'bench-floor', run: randomUUID() };
    const args = runArguments(floor, { dialect, image, environmentFile: file.path });
    const ms = await timed('docker', [...args.slice(0, -1), '--entrypoint', 'true', image]);
    while (docker('ps', '--all', '--quiet', '--filter', 'label=nanoclaw.install=bench-floor') !== '');
    return ms;
  },
  local(spec) {
    const system = systemPaths().flatMap(({ path, linkTo }) =>
      linkTo === undefined ? ['--ro-bind', path, path] : ['--symlink', linkTo, path],
    );
    const mounts = byTarget(spec.mounts).flatMap(({ source, target, readOnly }) => [
      readOnly ? '--ro-bind' : '--bind',
      source,
      target,
    ]);
    // Not the user namespace: root would lose its way into directories that belong to the run's own user.
    const apart = ['ipc', 'pid', 'net', 'uts', 'cgroup-try'].map((one) => `--unshare-${one}`);
    const own = [...apart, '--die-with-parent', '--proc', '/proc', '--dev', '/dev', '--tmpfs', '/tmp'];
    return timed('bwrap', [...own, ...system, ...mounts, '--', 'true']);
  },
};

function timed(program: string, args: readonly string[]): Promise<number> {
  const startedAt = moment();
  const child = spawn(program, args, { stdio: ['ignore', 'ignore', 'inherit'] });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => {
      if (code === 0) resolve(moment() - startedAt);
      else reject(new Error(`${program} ended with ${code}`));
    });
  });
}
