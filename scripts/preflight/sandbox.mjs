// Is there something to run agents in that really works, for this user? In the order in which the host chooses.
import { existsSync } from 'node:fs';
import {
  bubblewrapProblem,
  dockerAccess,
  dockerStart,
  installBubblewrap,
  installing,
  podmanLimitsProblem,
  podmanProblem,
  podmanStorageProblem,
} from '../../src/sandbox/cures.mjs';

/** Weaker, but without an engine; a person decides for it. */
const orLocal = 'Or go on without an engine, in the weaker sandbox: CONTAINER_RUNTIME=local ./nanoclaw start';

export async function checkSandbox(machine) {
  const { runtime } = machine;
  if (runtime === 'container') return [];
  const wanted = (name) => runtime === name || runtime === 'auto';
  const [docker, [podman, slow] = [], local] = await Promise.all([
    wanted('docker') ? lookAtDocker(machine) : undefined,
    wanted('podman') ? lookAtPodman(machine) : undefined,
    wanted('local') ? lookAtBubblewrap(machine) : undefined,
  ]);
  const found =
    runtime === 'auto' ? decide(machine, { docker, podman, local }) : chosen(runtime, docker ?? podman ?? local);
  return slow && docker?.state !== 'ok' ? [found, { state: 'warning', ...slow }].flat() : found;
}

/** What is set rules: while its engine is down, messages wait, so it is no reason not to install. */
function chosen(runtime, found) {
  const says = `CONTAINER_RUNTIME is ${runtime}: ${found.says}`;
  return { ...found, state: found.state === 'ok' ? 'ok' : 'warning', says };
}

function decide({ environment }, { docker, podman, local }) {
  if (docker.state === 'ok') return docker;
  if (podman.state === 'ok' && !environment.DOCKER_HOST)
    return [podman, ...besides(docker, 'podman works and is used.')];
  // Not asked to its end: the start asks again, with more patience, and stops there if neither works.
  if (podman.state === 'warning' && docker.state === 'problem' && !environment.DOCKER_HOST) {
    return [podman, ...besides(docker, 'podman is used if it works.')];
  }
  // An engine that is installed and does not work is never left for the weaker sandbox without a word.
  const engines = [docker, podman].filter(({ state }) => state === 'problem');
  if (engines.length > 0) return engines.map((engine) => ({ ...engine, cure: `${engine.cure}\n    ${orLocal}` }));
  return podman.state === 'warning' ? [podman, local] : local;
}

/** Docker is worth a word where it does not stand in the way. */
function besides(docker, instead) {
  if (docker.state !== 'problem') return [];
  return [{ state: 'warning', says: `${docker.says} ${instead}`, cure: `To have docker instead: ${docker.cure}` }];
}

async function lookAtDocker(machine) {
  const { environment, user } = machine;
  const client = machine.has('docker');
  const socket = '/var/run/docker.sock';
  const sign = environment.DOCKER_HOST
    ? `DOCKER_HOST is ${environment.DOCKER_HOST}`
    : existsSync(socket) || machine.has('dockerd') || existsSync('/usr/sbin/dockerd');
  if (!sign) return { state: 'none' };
  if (!client) {
    const cure = `Install its client: ${installing(user, { apt: 'docker.io', dnf: 'docker-cli', pacman: 'docker', apk: 'docker-cli' })}`;
    return { state: 'problem', says: 'a Docker Engine is here, but there is no docker command.', cure };
  }
  const asked = await machine.ask('docker', ['version', '--format', '{{.Server.Version}}']);
  if (asked.code === 0 && asked.stdout.trim() !== '') return { state: 'ok', says: `docker ${asked.stdout.trim()}` };
  if (asked.late) {
    return { state: 'problem', says: 'the Docker Engine did not answer within two seconds.', cure: 'See: docker info' };
  }
  if (/permission denied/i.test(asked.stderr)) {
    return {
      state: 'problem',
      says: `docker is running, but the user ${user.name} may not use it.`,
      cure: dockerAccess(user),
    };
  }
  if (environment.DOCKER_HOST) {
    const cure = `Start that engine, or unset DOCKER_HOST. ${dockerStart(user)}`;
    return { state: 'problem', says: `docker does not answer (${sign}).`, cure };
  }
  return { state: 'problem', says: 'docker is installed but not running.', cure: dockerStart(user) };
}

/** The finding, and what makes it slow where it works. */
async function lookAtPodman(machine) {
  if (!machine.has('podman')) return [{ state: 'none' }];
  const { user } = machine;
  const rootless = user.rights !== 'root' && process.platform === 'linux' && !machine.environment.CONTAINER_HOST;
  // Side by side: each takes its time on a first run.
  const [info, map] = await Promise.all([
    machine.ask('podman', ['info', '--format', 'json']),
    rootless ? machine.ask('podman', ['unshare', 'cat', '/proc/self/uid_map']) : undefined,
  ]);
  const said = `${info.stderr}${map?.stderr ?? ''}`;
  if (info.late || map?.late) {
    return [{ state: 'warning', says: 'podman did not answer within two seconds; the start asks it again.' }];
  }
  const mapped = map === undefined || (map.code === 0 && map.stdout.trim().split('\n').length > 1);
  const unlimited = rootless && info.code === 0 && mapped ? podmanLimitsProblem(user, info.stdout) : undefined;
  if (unlimited) return [{ state: 'problem', ...unlimited }];
  if (info.code === 0 && mapped) {
    const says = `podman ${versionIn(info.stdout)}`.trim();
    return [{ state: 'ok', says }, rootless ? podmanStorageProblem(info.stdout) : undefined];
  }
  const known = podmanProblem(user, said);
  const last = said.trim().split('\n').at(-1)?.slice(0, 200) ?? '';
  const says = known?.says ?? `podman is installed but does not work: ${last}`;
  return [{ state: 'problem', says, cure: known?.cure ?? 'Run "podman info" as this user and fix what it names.' }];
}

/** The first of podman's own word for it, without parsing what only a person reads. */
function versionIn(info) {
  return /"Version": ?"([^"]+)"/.exec(info)?.[1] ?? '';
}

async function lookAtBubblewrap(machine) {
  const { user } = machine;
  if (process.platform !== 'linux') {
    const cure = 'Install Docker and start it: brew install --cask docker-desktop && open -a Docker.';
    return { state: 'problem', says: 'there is no container engine.', cure };
  }
  if (!machine.has('bwrap')) {
    // As root on apt the start does this by itself.
    const byItself = user.rights === 'root' && machine.has('apt-get');
    const state = byItself ? 'ok' : 'problem';
    const says = byItself
      ? 'none yet; bubblewrap will be installed'
      : 'there is no container engine and no bubblewrap.';
    return { state, says, ...(byItself ? {} : { cure: installBubblewrap(user) }) };
  }
  // The same walls as a run has.
  const args = ['--unshare-user', '--disable-userns', '--unshare-all', '--die-with-parent', '--new-session'];
  const view = [
    '--ro-bind',
    '/',
    '/',
    '--proc',
    '/proc',
    '--dev',
    '/dev',
    '--tmpfs',
    '/tmp',
    '--',
    '/bin/sh',
    '-c',
    ':',
  ];
  const tried = await machine.ask('bwrap', [...args, ...view]);
  if (tried.code === 0) return { state: 'ok', says: 'bubblewrap, weaker than a container engine' };
  if (tried.late) return { state: 'warning', says: 'bubblewrap did not answer within two seconds.' };
  return { state: 'problem', ...bubblewrapProblem(user, tried.stderr) };
}
