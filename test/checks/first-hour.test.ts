// The first command on a machine that lacks something: told at once, all of it, before anything is installed.
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readFileSync, realpathSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { installStep } from '../../scripts/install.mjs';
import { holdInstallLock } from '../../scripts/install-lock.mjs';
import { headersFor, installProblem, loadProblem } from '../../scripts/install-problems.mjs';
import { nodeProblem } from '../../scripts/need-node.mjs';
import { checkDisk } from '../../scripts/preflight/files.mjs';
import { Machine } from '../../scripts/preflight/machine.mjs';
import { checkSandbox } from '../../scripts/preflight/sandbox.mjs';
import {
  asRoot,
  bubblewrapProblem,
  dockerAccess,
  freeSubordinates,
  podmanLimitsProblem,
  podmanProblem,
  podmanStorageProblem,
} from '../../src/sandbox/cures.mjs';
import { tempDirectory } from '../temp-directory.ts';

const checkout = fileURLToPath(new URL('../..', import.meta.url));

test.each([
  ['12.22.12', /^Node 20\.19 or newer is needed; this is 12\.22 /],
  ['18.19.0', /^Node 20\.19 or newer is needed; this is 18\.19 /],
  ['20.18.3', /^Node 20\.19 or newer is needed; this is 20\.18 /],
  ['24.19.0', /since 24\.19 it makes the database package crash/],
  ['26.0.0', /since 24\.19 it makes the database package crash/],
  ['20.19.0', /^$/],
  ['22.23.3', /^$/],
  ['24.18.0', /^$/],
])('Node %s is judged in one sentence', (version, words) => {
  expect(nodeProblem(version)).toMatch(words);
});

test('a bare machine is told everything it lacks in one list, and nothing is installed', () => {
  using place = tempDirectory();
  const copy = join(place.path, 'a clone');
  for (const name of ['bin', 'src', 'protocol', 'setup', 'scripts', 'nanoclaw', 'package.json', 'package-lock.json']) {
    cpSync(join(checkout, name), join(copy, name), { recursive: true });
  }
  const bin = join(place.path, 'bin');
  mkdirSync(bin);
  for (const [name, target] of [
    ['node', process.execPath],
    ['sh', '/bin/sh'],
    ['dirname', '/usr/bin/dirname'],
    ['readlink', '/usr/bin/readlink'],
  ] as const) {
    symlinkSync(realpathSync(target), join(bin, name));
  }
  writeFileSync(join(bin, 'docker'), '#!/bin/sh\necho "permission denied while trying to connect" >&2; exit 1\n', {
    mode: 0o755,
  });
  const env = { PATH: bin, HOME: place.path, DOCKER_HOST: 'unix:///nowhere/docker.sock' };
  const link = join(place.path, 'link');
  symlinkSync(join(copy, 'nanoclaw'), link);
  const ran = spawnSync(link, ['start'], { cwd: '/', env, encoding: 'utf8', input: 'hello\n' });
  expect(ran).toMatchObject({ status: 1, stdout: '' });
  expect(ran.stderr).toContain('npm is not in your PATH');
  expect(ran.stderr).toMatch(/docker is running, but the user \S+ may not use it/);
  expect(ran.stderr).toContain('Nothing was installed because of ');
  expect(existsSync(join(copy, 'node_modules'))).toBe(false);

  const asked = spawnSync(link, ['doctor', '--json'], { cwd: '/', env, encoding: 'utf8' });
  expect(asked.status).toBe(1);
  const problems = JSON.parse(asked.stdout).filter(({ state }: { state: string }) => state === 'problem');
  expect(problems.length).toBeGreaterThan(1);
  for (const problem of problems) expect(problem.cure).toMatch(/\w/);
});

test.each([
  [
    'works',
    'case $1 in info) echo 5.0 ;; *) printf "0 1000 1\\n1 100000 65536\\n" ;; esac',
    'podman works and is used',
  ],
  ['is slow', 'exec /bin/sleep 5', 'podman is used if it works'],
])('a docker that this user may not use stops nobody whose podman %s', async (_name, script, words) => {
  using place = tempDirectory();
  const program = (name: string, text: string) =>
    writeFileSync(join(place.path, name), `#!/bin/sh\n${text}\n`, { mode: 0o755 });
  program('docker', 'echo "permission denied while trying to connect" >&2; exit 1');
  program('dockerd', 'exit 1');
  program('podman', script);
  const environment = { PATH: place.path, HOME: place.path };
  const found = await checkSandbox(new Machine(place.path, { environment, runtime: 'auto', home: place.path }));
  expect(found).toMatchObject([{}, { state: 'warning', says: expect.stringContaining(words) }]);
  expect(found).not.toContainEqual(expect.objectContaining({ state: 'problem' }));
});

test('an installation that compiles says so, for it takes minutes', () => {
  using place = tempDirectory();
  expect(installStep(place.path, 'the packages')).toBe('installing the packages');
  const build = join(place.path, 'node_modules', 'better-sqlite3', 'build');
  mkdirSync(build, { recursive: true });
  writeFileSync(join(build, 'Makefile'), '');
  expect(installStep(place.path, 'the packages')).toMatch(/compiling the database package.*minutes/);
});

test('a home on another, full disk is told before npm fills it, with a cure that leaves the checkout where it is', () => {
  using place = tempDirectory();
  // No room at all, and a disk of its own on each Linux.
  const environment = { PATH: place.path, HOME: '/proc' };
  const look = (changes: object) =>
    checkDisk(
      new Machine(place.path, { environment: { ...environment, ...changes }, runtime: 'local', home: place.path }),
    );
  const full = { state: 'problem', says: expect.stringMatching(/ at \/proc; 250 MB are needed for npm/) };
  expect(look({})).toContainEqual(
    expect.objectContaining({ ...full, cure: expect.stringContaining('npm_config_cache') }),
  );
  expect(look({ npm_config_cache: place.path })).not.toContainEqual(expect.objectContaining(full));
});

test('the command without any node in PATH says so', () => {
  using place = tempDirectory();
  symlinkSync(realpathSync('/usr/bin/dirname'), join(place.path, 'dirname'));
  const ran = spawnSync('/bin/sh', [join(checkout, 'nanoclaw')], { env: { PATH: place.path }, encoding: 'utf8' });
  expect(ran).toMatchObject({
    status: 1,
    stdout: '',
    stderr: expect.stringContaining('there is no node in your PATH'),
  });
});

test('a cure is a command that this very user can run', () => {
  const user = { name: 'ann', groups: ['ann'], listedIn: [] as string[], searchPath: '/nowhere' };
  expect(asRoot({ ...user, rights: 'root' }, 'a b && c')).toBe('a b && c');
  expect(asRoot({ ...user, rights: 'sudo' }, 'a b && c')).toBe('sudo a b && sudo c');
  expect(asRoot({ ...user, rights: 'none' }, 'a b')).toBe('ask the administrator of this machine to run: a b');
  expect(dockerAccess({ ...user, rights: 'sudo' })).toContain('sudo usermod -aG docker ann');
  expect(dockerAccess({ ...user, rights: 'none', listedIn: ['docker'] })).toContain('log out and in again');
  const nobody = { ...user, rights: 'none', name: 'no such user' } as const;
  expect(podmanProblem(nobody, '')?.cure).toContain('usermod --add-subuids');
  expect(podmanProblem(nobody, 'exec: "newuidmap": executable file not found')?.says).toContain('newuidmap');
  const apparmor = bubblewrapProblem({ ...user, rights: 'sudo' }, 'bwrap: setting up uid map: Permission denied');
  expect(apparmor.cure).toContain('| sudo tee');
});

test.each([
  ['cgroups version 1, without systemd or with', { cgroupVersion: 'v1', cgroupControllers: [] }, /kernel parameter/],
  ['a controller is not delegated', { cgroupVersion: 'v2', cgroupControllers: ['memory', 'pids'] }, /limit cpu \(/],
  ['none is', { cgroupVersion: 'v2', cgroupControllers: [] }, /limit cpu, memory, pids \(/],
])('podman that cannot keep an ordinary user’s runs to their limits is told with a cure: %s', (_name, host, words) => {
  const user = { name: 'ann', groups: [], listedIn: [], searchPath: '/nowhere', rights: 'none' as const };
  const problem = podmanLimitsProblem(user, JSON.stringify({ host }));
  expect(`${problem?.says} ${problem?.cure}`).toMatch(words);
  expect(problem?.cure).not.toContain('sudo');
  expect(podmanLimitsProblem({ ...user, rights: 'root' }, JSON.stringify({ host }))).toBeUndefined();
  const remote = { ...host, security: { rootless: false } };
  expect(podmanLimitsProblem(user, JSON.stringify({ host: remote }))).toBeUndefined();
});

test('a storage of podman that copies an image for each container is told before it is filled', () => {
  expect(podmanStorageProblem('{"store":{"graphDriverName":"vfs"}}')?.cure).toContain('driver = "overlay"');
  for (const info of ['{"store":{"graphDriverName":"overlay"}}', '{}', 'linux']) {
    expect(podmanStorageProblem(info)).toBeUndefined();
  }
});

test('a runtime directory of another user is told as what it is', () => {
  const ann = { name: 'ann', groups: [], listedIn: [], searchPath: '/nowhere', rights: 'none' as const };
  const said = 'level=error msg="XDG_RUNTIME_DIR directory \\"/run/user/1\\" is not owned by the current user"';
  expect(podmanProblem(ann, said)?.cure).toContain('unset XDG_RUNTIME_DIR');
});

test('the numbers a cure gives to a user are nobody else’s', () => {
  expect(freeSubordinates('')).toBe('100000-165535');
  expect(freeSubordinates('ann:100000:65536\nbob:165536:65536\n# a note\n\nann:100000:65536')).toBe('231072-296607');
  expect(freeSubordinates('low:1000:10')).toBe('100000-165535');
});

test('podman that can keep its limits, or says nothing of them, is not refused for them', () => {
  const user = { name: 'ann', groups: [], listedIn: [], searchPath: '/nowhere', rights: 'sudo' as const };
  const host = { cgroupVersion: 'v2', cgroupControllers: ['cpu', 'io', 'memory', 'pids'] };
  for (const info of [JSON.stringify({ host }), '{"host":{}}', '{}', 'linux', '']) {
    expect(podmanLimitsProblem(user, info)).toBeUndefined();
  }
});

test.each([
  ['gyp ERR! find Python', 'python3'],
  ['gyp ERR! stack Error: not found: make', 'make'],
  ['make: g++: No such file or directory\ngyp ERR!', 'C++ compiler'],
  [
    'gyp ERR! stack FetchError: request to https://nodejs.org/x failed, getaddrinfo ENOTFOUND nodejs.org',
    'headers of Node',
  ],
  ['npm error code ENOSPC', 'disk is full'],
  ['npm error code SELF_SIGNED_CERT_IN_CHAIN', 'certificate'],
  ['npm error code ENOTFOUND', 'cannot be found'],
  ['npm error code E401', 'credential'],
  ['npm error code EACCES', 'npm config set cache'],
])('an installation that fails is told by its true cause: %s', (output, words) => {
  expect(installProblem(output, { code: 1, headers: { state: 'missing' } })).toContain(words);
});

test('a compiler that failed is not told as a Python that is missing', () => {
  const output = [
    'npm error gyp info find Python using Python version 3.11.2 found at "/usr/bin/python3"',
    'npm error make: *** [sqlite3.target.mk:167: Release/sqlite3.a] Error 1',
    'npm error gyp ERR! build error',
  ].join('\n');
  const told = installProblem(output, { code: 1, headers: { state: 'missing' } });
  expect(told).toContain('Compiling the database failed');
  expect(told).not.toContain('Missing');
});

test('headers of another Node are named, and so is what they make', () => {
  using place = tempDirectory();
  const include = join(place.path, 'include', 'node');
  mkdirSync(include, { recursive: true });
  const version = (major: number) =>
    `#define NODE_MAJOR_VERSION ${major}\n#define NODE_MINOR_VERSION 1\n#define NODE_PATCH_VERSION 0\n`;
  writeFileSync(join(include, 'node_version.h'), version(1));
  const headers = headersFor({ npm_config_nodedir: place.path }, place.path);
  expect(['wrong', 'there']).toContain(headers.state);
  writeFileSync(join(include, 'node_version.h'), version(Number(process.versions.node.split('.')[0])));
  expect(headersFor({ npm_config_nodedir: place.path }, place.path)).toEqual({ state: 'there', folder: place.path });
  const told = loadProblem('compiled using\nNODE_MODULE_VERSION 115. This requires NODE_MODULE_VERSION 127', {
    state: 'missing',
  });
  expect(told).toContain('for another Node (ABI 115');
});

test('an installation waits for the one that runs, and takes over from one that has died', async () => {
  using place = tempDirectory();
  const file = join(place.path, '.install-lock');
  const dead = spawnSync('true').pid;
  writeFileSync(file, String(dead));
  const lines: string[] = [];
  const log = (line: string) => {
    lines.push(line);
    first.release();
  };
  const first = await holdInstallLock(place.path, { log: () => undefined });
  expect(readFileSync(file, 'utf8')).toBe(String(process.pid));
  const second = await holdInstallLock(place.path, { log });
  expect(lines).toEqual([expect.stringContaining('is installing here already')]);
  second.release();
  expect(existsSync(file)).toBe(false);
});
