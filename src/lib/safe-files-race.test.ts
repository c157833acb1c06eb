import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { makeHostilePlace, openFileCount, pictureOf } from '../../test/fixtures/hostile-directory.ts';
import { NanoclawError } from '../model/errors.ts';
import { giveTree } from './give-tree.ts';
import { SafeDirectory } from './safe-files.ts';

// Elsewhere unlink, rename and mkdir can lose this race (see DirectoryHandle); opening and reading cannot.
const changesToo = process.platform === 'linux';

// No hard links here: a sandbox cannot make one to the outside (see SafeDirectory), and this attacker, who has no
// mount in its way, could.
/** Runs in a process of its own: swaps every component and the file itself, as fast as it can. */
const attack = `
const fs = require('node:fs');
const [home, outside] = process.argv.slice(1);
const quiet = (run) => { try { run(); } catch {} };
const group = home + '/group', results = group + '/results', file = results + '/victim.json', sub = results + '/sub';
function swap(path, target) {
  quiet(() => fs.renameSync(path, home + '/real'));
  quiet(() => fs.symlinkSync(target, path));
  quiet(() => fs.unlinkSync(path));
  quiet(() => fs.renameSync(home + '/real', path));
}
function put(make) {
  quiet(() => fs.unlinkSync(file));
  quiet(make);
}
process.stdout.write('ready');
for (;;) {
  swap(results, outside);
  swap(group, outside);
  put(() => fs.symlinkSync(outside + '/victim.json', file));
  put(() => fs.renameSync(home + '/pipe', file));
  quiet(() => fs.renameSync(file, home + '/pipe'));
  put(() => fs.writeFileSync(file, 'theirs'));
  swap(file, outside + '/victim.json');
  swap(sub, outside + '/sub');
}`;

/** Only moves things over one name and back: much faster, for the instant between looking and opening. */
const swapFile = `
const fs = require('node:fs');
const [home] = process.argv.slice(1);
process.stdout.write('ready');
for (;;) for (const kind of ['plain', 'pipe', 'plain', 'link', 'plain', 'directory']) {
  fs.renameSync(home + '/' + kind, home + '/group/results/x');
  fs.renameSync(home + '/group/results/x', home + '/' + kind);
}`;

let root = '';
let outside = '';
let clear: () => void;
let attacker: ChildProcess;

beforeEach(async () => {
  ({ root, outside, remove: clear } = makeHostilePlace());
  mkdirSync(join(outside, 'results', 'sub'), { recursive: true });
  mkdirSync(join(outside, 'sub'));
  for (const place of ['', 'sub', 'results', 'results/sub']) {
    writeFileSync(join(outside, place, 'victim.json'), 'secret');
    chmodSync(join(outside, place, 'victim.json'), 0o644);
  }
  execFileSync('mkfifo', [join(root, 'pipe')]);
});
afterEach(() => {
  attacker.kill('SIGKILL');
  clear();
});

async function startAttack(script: string): Promise<void> {
  attacker = spawn(process.execPath, ['-e', script, root, outside], { stdio: ['ignore', 'pipe', 'inherit'] });
  if (attacker.stdout) await once(attacker.stdout, 'data');
}

async function endAttack(): Promise<void> {
  const ended = once(attacker, 'exit');
  attacker.kill('SIGKILL');
  await ended;
}

/** What one visit met, for knowing that the race was really run. */
function visit(kept: SafeDirectory, owner: { uid: number; gid: number }, met: Map<string, number>): void {
  const count = (what: string) => met.set(what, (met.get(what) ?? 0) + 1);
  const attempt = (run: () => void) => {
    try {
      run();
    } catch (error) {
      if (!(error instanceof NanoclawError)) throw error;
      count(error.code);
    }
  };
  attempt(() => {
    using directory = SafeDirectory.open(root, 'group', 'results');
    const reading = directory.read('victim.json', 100);
    count(reading.ok ? reading.text : reading.detail);
    directory.list(50);
    attempt(() => void directory.copyTo('victim.json', { into: kept, as: 'kept', maxBytes: 100 }));
    if (!changesToo) return;
    attempt(() => directory.write('victim.json', 'mine', { owner, mode: 0o600 }));
    directory.remove('victim.json');
    attempt(() => {
      using sub = directory.makeDirectory('sub', { owner });
      sub.write('victim.json', 'mine', { owner });
      sub.remove('victim.json');
    });
  });
}

test('ten thousand visits against a racing attacker read nothing and change nothing outside', async () => {
  mkdirSync(join(root, 'kept'));
  using kept = SafeDirectory.open(root, 'kept');
  const before = pictureOf(outside);
  await startAttack(attack);
  const descriptors = openFileCount();
  const owner =
    process.getuid?.() === 0
      ? { uid: 4711, gid: 4711 }
      : { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 };
  const met = new Map<string, number>();
  for (let round = 0; round < 10_000; round++) visit(kept, owner, met);
  expect(openFileCount()).toBe(descriptors);
  await endAttack();
  expect(pictureOf(outside)).toEqual(before);
  expect([...met.keys()].filter((text) => text.includes('secret'))).toEqual([]);
  for (const name of readdirSync(join(root, 'kept'))) {
    expect(readFileSync(join(root, 'kept', name), 'utf8')).not.toContain('secret');
  }
  for (const must of ['files.unsafe', 'files.missing', 'theirs', 'it is a link, not a plain file']) {
    expect(met.get(must), `the race never met: ${must}`).toBeGreaterThan(0);
  }
});

test('a file swapped between looking and opening is still only read when it is plain', async () => {
  writeFileSync(join(root, 'plain'), 'theirs');
  symlinkSync(join(outside, 'victim.json'), join(root, 'link'));
  mkdirSync(join(root, 'directory'));
  await startAttack(swapFile);
  using directory = SafeDirectory.open(root, 'group', 'results');
  const met = new Map<string, number>();
  for (let round = 0; round < 100_000; round++) {
    const reading = directory.read('x', 100);
    const what = reading.ok ? `read: ${reading.text}` : reading.reason;
    met.set(what, (met.get(what) ?? 0) + 1);
  }
  await endAttack();
  expect([...met.keys()].sort()).toEqual(['missing', 'read: theirs', 'unsafe']);
});

test('giving a tree away against a racing attacker gives nothing outside', async () => {
  const before = pictureOf(outside);
  await startAttack(attack);
  let given = 0;
  const isRoot = process.getuid?.() === 0;
  for (let round = 0; round < 2_000; round++) {
    const owner = isRoot
      ? { uid: 4711 + (round % 2), gid: 4711 }
      : { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 };
    given += await giveTree(root, { parts: ['group'], owner }).catch((error: unknown) => {
      if (error instanceof NanoclawError) return 0;
      throw error;
    });
  }
  await endAttack();
  expect(pictureOf(outside)).toEqual(before);
  if (isRoot) expect(given).toBeGreaterThan(0);
});
