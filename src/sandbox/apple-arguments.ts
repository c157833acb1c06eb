import { readdirSync, statSync } from 'node:fs';
import { z } from 'zod';
import { NanoclawError } from '../model/errors.ts';
import { byTarget, containerName, labels } from './arguments.ts';
import { insideHome, workingDirectory } from './environment.ts';
import type { FoundRun, Mount, RunSpec } from './sandbox.ts';

/** The first release with `--network none`. */
export const appleNeeds = [1, 1, 0] as const;

/**
 * `container create …`, complete; `environmentFile` is a path only the client reads. Every container is a virtual machine
 * of its own, so there is no privilege to give up against the host's kernel, and no process limit but one for the user.
 */
export function createArguments(spec: RunSpec, engine: { image: string; environmentFile: string }): string[] {
  const { uid, gid } = spec.user;
  if (uid === 0) throw cannot('runs as root');
  return [
    ...['create', '--interactive', '--remove', '--init', '--name', containerName(spec.install, spec.group)],
    ...['--label', `${labels.install}=${spec.install}`],
    ...['--label', `${labels.group}=${spec.group}`],
    ...['--label', `${labels.run}=${spec.run}`],
    ...['--network', 'none', '--uid', String(uid), '--gid', String(gid), '--workdir', workingDirectory],
    ...['--read-only', '--tmpfs', '/tmp', '--tmpfs', insideHome, '--tmpfs', `${insideHome}/.claude`],
    ...['--cap-drop', 'ALL'],
    ...limitArguments(spec.limits),
    ...byTarget(spec.mounts).flatMap(mountArguments),
    ...['--env-file', engine.environmentFile],
    engine.image,
  ];
}

/** What `container list --all --format json` says, before and since release 1.0. */
export function listed(json: string): (FoundRun & { readonly install: string })[] {
  return list.parse(JSON.parse(json)).flatMap(({ status, configuration: { id, labels: has } }) => {
    const [install, group, run] = [has[labels.install], has[labels.group], has[labels.run]];
    if (install === undefined || group === undefined || run === undefined) return [];
    const state = typeof status === 'string' ? status : status.state;
    return [{ id, name: id, install, group, run, running: state === 'running' }];
  });
}

/** True for `container CLI version 1.2.2 (build: release …)` and its like from `appleNeeds` on. */
export function isNewEnough(words: string): boolean {
  const found = /(\d+)\.(\d+)\.(\d+)/.exec(words)?.slice(1).map(Number) ?? [];
  const differs = appleNeeds.findIndex((number, i) => found[i] !== number);
  return differs === -1 || (found[differs] ?? 0) > (appleNeeds[differs] ?? 0);
}

const list = z.array(
  z.looseObject({
    status: z.union([z.string(), z.looseObject({ state: z.string() })]),
    configuration: z.looseObject({ id: z.string(), labels: z.record(z.string(), z.string()).default({}) }),
  }),
);

function limitArguments(limits: RunSpec['limits']): string[] {
  if (!limits) return [];
  const { memory, cpus, pids } = limits;
  if (!Number.isInteger(cpus)) throw cannot('a part of a processor', 'Set CONTAINER_CPUS to a whole number.');
  return ['--memory', memory.toUpperCase(), '--cpus', String(cpus), '--ulimit', `nproc=${pids}:${pids}`];
}

function mountArguments({ source, target, readOnly }: Mount): string[] {
  const found = statSync(source, { throwIfNoEntry: false });
  if (!found) throw new NanoclawError('sandbox.failed', `${source} does not exist and cannot be mounted.`);
  // A file is shared by a hard link that now and then cannot be read; a socket in a directory cannot be connected to.
  if (!found.isDirectory()) throw cannot(`a mount of ${source}, which is no directory`);
  if (readdirSync(source, { withFileTypes: true }).some((entry) => entry.isSocket())) {
    throw cannot(`a mount of ${source}, which has a socket in it`);
  }
  const paths = `${source}${target}`;
  if (!/[,"\n]/.test(paths)) {
    return ['--mount', `type=bind,source=${source},target=${target}${readOnly ? ',readonly' : ''}`];
  }
  if (/[:\n]/.test(paths)) throw cannot(`a mount of ${source}: no way of writing it down fits its name`);
  return ['--volume', `${source}:${target}${readOnly ? ':ro' : ''}`];
}

function cannot(what: string, cure = 'Run agents under docker, podman or local.'): NanoclawError {
  return new NanoclawError('sandbox.cannot', `Apple container cannot do ${what}.`, { cure });
}
