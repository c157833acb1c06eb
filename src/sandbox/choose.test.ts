import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { systemClock } from '../lib/clock.ts';
import { type ChoiceOptions, chooseRuntime } from './choose.ts';
import { programIn } from './cures.mjs';

let machine: string;
beforeEach(() => {
  machine = mkdtempSync(join(tmpdir(), 'nanoclaw-choose-'));
  mkdirSync(join(machine, 'bin'));
});
afterEach(() => rmSync(machine, { recursive: true }));

function plant(name: string, script: string): void {
  const path = join(machine, 'bin', name);
  writeFileSync(path, `#!/bin/sh\n${script}\n`);
  chmodSync(path, 0o755);
}

function plantReal(...names: string[]): void {
  for (const name of names) {
    const path = programIn('/usr/bin:/bin:/usr/sbin', name);
    if (path) symlinkSync(path, join(machine, 'bin', name));
  }
}

/** A machine with nothing but what was planted. */
function choose(changes: Partial<ChoiceOptions> = {}) {
  return chooseRuntime({
    setting: 'auto',
    recorded: undefined,
    searchPath: join(machine, 'bin'),
    dockerHost: undefined,
    podman: {},
    platform: 'linux',
    clock: systemClock,
    places: { daemonDirectories: [], applications: [], sockets: [join(machine, 'docker.sock')] },
    ...changes,
  });
}

const answers = 'echo 20.10.24';
const silent =
  'echo "Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?" >&2; exit 1';

test('a setting rules and is not recorded, a record is required; neither looks at the machine', async () => {
  expect(await choose({ setting: 'local', recorded: 'docker' })).toEqual({
    type: 'use',
    runtime: 'local',
    record: false,
  });
  expect(await choose({ recorded: 'docker' })).toEqual({ type: 'use', runtime: 'docker', record: false });
});

describe('an engine that is installed', () => {
  test('and answers is used and recorded', async () => {
    plant('dockerd', '');
    plant('docker', answers);
    expect(await choose()).toEqual({ type: 'use', runtime: 'docker', record: true });
  });

  test.each(['daemon', 'socket', 'DOCKER_HOST', 'application'])(
    'and does not answer never becomes local: %s',
    async (sign) => {
      plant('docker', silent);
      plantReal('bwrap', 'setpriv');
      if (sign === 'daemon') plant('dockerd', '');
      const server = createServer();
      if (sign === 'socket') await new Promise<void>((resolve) => server.listen(join(machine, 'docker.sock'), resolve));
      const dockerHost = sign === 'DOCKER_HOST' ? 'tcp://127.0.0.1:1' : undefined;
      const applications = sign === 'application' ? [machine] : [];
      const places = { daemonDirectories: [], applications, sockets: [join(machine, 'docker.sock')] };
      const choice = await choose({ dockerHost, places });
      server.close();
      expect(choice).toMatchObject({ type: 'not-running', error: { code: 'sandbox.unavailable' } });
      expect(choice.type === 'not-running' && choice.error.cure).toMatch(
        /systemctl start docker.*CONTAINER_RUNTIME=local/s,
      );
    },
  );

  test('but has no client is said so', async () => {
    plant('dockerd', '');
    const choice = await choose();
    expect(choice.type === 'not-running' && choice.error.cure).toContain('no such command');
  });
});

describe('podman', () => {
  const podman = { type: 'use', runtime: 'podman', record: true };
  const works = 'test "$1" = info && echo linux';

  test('is used and recorded where it works and docker is not there, or does not answer', async () => {
    plant('podman', works);
    expect(await choose()).toEqual(podman);
    plant('docker', silent);
    expect(await choose()).toEqual(podman);
  });

  test('that takes the place of a docker that cannot be used says why', async () => {
    plant('podman', works);
    plant('docker', 'echo "permission denied while trying to connect to the Docker daemon socket" >&2; exit 1');
    plant('dockerd', '');
    const notice = expect.stringMatching(/podman runs the agents.*this user may not use it/);
    expect(await choose()).toEqual({ ...podman, notice });
  });

  test('comes after a docker that answers, and never in the place of a DOCKER_HOST', async () => {
    plant('podman', works);
    plant('dockerd', '');
    plant('docker', answers);
    expect(await choose()).toMatchObject({ runtime: 'docker' });
    plant('docker', silent);
    expect(await choose({ dockerHost: 'tcp://127.0.0.1:1' })).toMatchObject({ type: 'not-running' });
  });

  test('that calls itself docker is podman', async () => {
    plant('podman', works);
    plant('dockerd', '');
    plant('docker', 'echo podman version 4.3.1');
    expect(await choose()).toMatchObject(podman);
  });

  test('that does not work never gives way to local without a word', async () => {
    plant('podman', 'echo "Cannot connect to Podman" >&2; exit 125');
    plantReal('bwrap', 'setpriv', 'sh');
    expect(await choose()).toMatchObject({
      type: 'use',
      runtime: 'local',
      notice: expect.stringMatching(/podman is installed and does not work.*podman info/),
    });
  });

  test('that does not work is not installed, and a docker that does not answer is still said', async () => {
    plant('podman', 'echo "Cannot connect to Podman" >&2; exit 125');
    expect(await choose()).toMatchObject({ type: 'nothing' });
    plant('docker', silent);
    plant('dockerd', '');
    expect(await choose()).toMatchObject({ type: 'not-running' });
  });
});

describe('podman of an ordinary user', () => {
  const user = { name: 'ann', groups: [], listedIn: [], searchPath: '/nowhere', rights: 'none' as const };
  const info = (host: object) => `echo '${JSON.stringify({ host })}'`;
  const mapped = 'printf "0 1000 1\\n1 100000 65536\\n"';
  const plantPodman = (host: object, map = mapped) =>
    plant('podman', `case $1 in info) ${info(host)};; *) ${map};; esac`);

  test('is used where it can limit its runs', async () => {
    plantPodman({ cgroupVersion: 'v2', cgroupControllers: ['cpu', 'memory', 'pids'] });
    expect(await choose({ user })).toMatchObject({ runtime: 'podman' });
  });

  test('whose storage copies whole images is used, and that is said', async () => {
    const store = '{"host":{},"store":{"graphDriverName":"vfs"}}';
    plant('podman', `case $1 in info) echo '${store}';; *) ${mapped};; esac`);
    expect(await choose({ user })).toMatchObject({ runtime: 'podman', notice: expect.stringContaining('vfs') });
  });

  test('that cannot limit them stops the start before an image is built, never for a weaker sandbox', async () => {
    plantPodman({ cgroupVersion: 'v1', cgroupControllers: [] });
    plantReal('bwrap', 'setpriv', 'sh');
    const choice = await choose({ user });
    expect(choice).toMatchObject({ type: 'not-running', error: { code: 'sandbox.unavailable' } });
    expect(choice.type === 'not-running' && choice.error.cure).toMatch(/cgroups version 1.*CONTAINER_RUNTIME=local/s);
  });

  test('is told beside a docker that cannot be used either: to mend one is enough', async () => {
    plantPodman({ cgroupVersion: 'v1', cgroupControllers: [] });
    plant('docker', 'echo "permission denied while trying to connect to the Docker daemon socket" >&2; exit 1');
    plant('dockerd', '');
    const choice = await choose({ user });
    expect(choice.type === 'not-running' && choice.error.cure).toMatch(
      /docker runs.*podman works.*CONTAINER_RUNTIME=local/s,
    );
  });
});

describe('a mere client', () => {
  test('is no engine: local is used and recorded where bubblewrap is there and works', async () => {
    plant('docker', silent);
    plantReal('bwrap', 'setpriv');
    const local = { type: 'use', runtime: 'local', record: true };
    expect(await choose()).toMatchObject(programIn('/usr/bin', 'bwrap') ? local : { type: 'nothing' });
  });

  test('and nothing else: the exact command, which a start as root may run itself', async () => {
    plant('docker', silent);
    plant('apt-get', '');
    const choice = await choose();
    expect(choice).toMatchObject({
      type: 'nothing',
      install: [join(machine, 'bin/apt-get'), 'install', '-y', '--no-install-recommends', 'bubblewrap'],
    });
    expect(choice.type === 'nothing' && choice.error.cure).toMatch(/apt-get install -y bubblewrap/);
  });

  test('on an empty machine nothing can be installed by itself', async () => {
    expect(await choose()).toMatchObject({ type: 'nothing', install: undefined });
    const mac = await choose({ platform: 'darwin' });
    expect(mac.type === 'nothing' && mac.error.cure).toContain('brew install');
  });

  test('a bubblewrap that may not work says why, with a cure', async () => {
    plantReal('setpriv', 'sh');
    plant('bwrap', 'echo "bwrap: setting up uid map: Permission denied" >&2; exit 1');
    const choice = await choose();
    expect(choice.type === 'nothing' && choice.error.cure).toMatch(/AppArmor.*apparmor_parser/s);
  });
});
