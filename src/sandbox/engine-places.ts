import { lstatSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { programIn } from './cures.mjs';

/** Where an installed engine shows. Only its daemon, its application or its socket count: a mere client proves nothing. */
export interface EnginePlaces {
  /** Searched for `dockerd`, in addition to PATH and the `sbin` beside each of its `bin`. */
  readonly daemonDirectories: readonly string[];
  readonly applications: readonly string[];
  readonly sockets: readonly string[];
}

export function enginePlaces(userHome: string): EnginePlaces {
  const below = (...parts: string[]) => parts.map((part) => join(userHome, part));
  return {
    daemonDirectories: below('bin'),
    applications: ['/Applications/Docker.app', '/Applications/OrbStack.app', '/opt/docker-desktop'],
    sockets: [
      ...['/var/run/docker.sock', '/run/docker.sock'],
      ...below('.docker/run/docker.sock', '.docker/desktop/docker.sock', '.colima/default/docker.sock'),
      ...below('.orbstack/run/docker.sock', '.rd/docker.sock'),
    ],
  };
}

/** What shows that Docker is installed, for a sentence; undefined when nothing does. */
export function signOfDocker(
  places: EnginePlaces,
  environment: { searchPath: string; dockerHost: string | undefined },
): string | undefined {
  if (environment.dockerHost) return `DOCKER_HOST is ${environment.dockerHost}`;
  // An ordinary user's PATH often names /usr/bin and leaves /usr/sbin out, where daemons live.
  const beside = environment.searchPath
    .split(':')
    .flatMap((path) => (/\/bin\/?$/.test(path) ? join(path, '../sbin') : []));
  const directories = [environment.searchPath, ...beside, ...places.daemonDirectories];
  const daemon = programIn(directories.join(':'), 'dockerd');
  if (daemon) return `${daemon} is there`;
  const there =
    places.applications.find((path) => lstatSync(path, { throwIfNoEntry: false })) ?? places.sockets.find(isSocket);
  return there === undefined ? undefined : `${there} is there`;
}

function isSocket(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isSocket() === true;
}
