import {
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { makeHostilePlace, notFiles, openFileCount, plant } from '../../test/fixtures/hostile-directory.ts';
import { SafeDirectory } from './safe-files.ts';

let root = '';
let inside = '';
let outside = '';
let clear: () => void;
beforeEach(() => {
  ({ root, inside, outside, remove: clear } = makeHostilePlace());
});
afterEach(() => clear());

const cap = 1000;
const openInside = () => SafeDirectory.open(root, 'group', 'results');

describe('opening', () => {
  test('real directories open', () => {
    writeFileSync(join(inside, 'a.json'), '{}');
    using directory = openInside();
    expect(directory.list(10)).toEqual(['a.json']);
  });

  test('the trusted root may itself be reached through a link', () => {
    symlinkSync(root, join(outside, 'home'));
    using directory = SafeDirectory.open(join(outside, 'home'), 'group');
    expect(directory.list(10)).toEqual(['results']);
  });

  test.each([0, 1, 2])('a link in place of component %i is refused, dangling or not', (depth) => {
    const parts = ['group', 'results', 'deep'];
    mkdirSync(join(inside, 'deep'));
    mkdirSync(join(outside, 'results', 'deep'), { recursive: true });
    const swapped = join(root, ...parts.slice(0, depth + 1));
    for (const target of [outside, join(outside, 'nothing')]) {
      rmSync(swapped, { recursive: true, force: true });
      symlinkSync(target, swapped);
      expect(() => SafeDirectory.open(root, ...parts)).toThrow(expect.objectContaining({ code: 'files.unsafe' }));
    }
  });

  test.each(['a pipe', 'a socket', 'a hard link'] as const)(
    '%s in place of a directory is refused at once',
    async (kind) => {
      using _planted = await plant(kind, join(inside, 'x'), outside);
      const opening = () => SafeDirectory.open(root, 'group', 'results', 'x');
      expect(opening).toThrow(expect.objectContaining({ code: 'files.unsafe' }));
    },
  );

  test('a missing one says so', () => {
    const opening = () => SafeDirectory.open(root, 'nobody', 'results');
    expect(opening).toThrow(expect.objectContaining({ code: 'files.missing' }));
  });

  test('a directory stays the same one when its path is swapped afterwards', () => {
    using directory = openInside();
    renameSync(join(root, 'group'), join(root, 'moved'));
    mkdirSync(join(outside, 'results'));
    symlinkSync(outside, join(root, 'group'));
    if (process.platform === 'linux') {
      directory.write('a.json', 'mine');
      expect(readFileSync(join(root, 'moved', 'results', 'a.json'), 'utf8')).toBe('mine');
    } else {
      expect(() => directory.write('a.json', 'mine')).toThrow(expect.objectContaining({ code: 'files.unsafe' }));
    }
    expect(readdirSync(join(outside, 'results'))).toEqual([]);
  });

  test('a closed one refuses to work', () => {
    const directory = openInside();
    directory[Symbol.dispose]();
    directory[Symbol.dispose]();
    expect(() => directory.list(1)).toThrow('after it was closed');
  });
});

describe('reading', () => {
  test('a plain file is read whole, with any name a file may have', () => {
    using directory = openInside();
    for (const name of ['a.json', 'line\nbreak', 'grüße 🦞', '...', 'back\\slash', '-rf']) {
      writeFileSync(join(inside, name), `in ${name} ✓`);
      expect(directory.read(name, cap)).toEqual({ ok: true, text: `in ${name} ✓` });
    }
  });

  test.each(notFiles)('%s is refused, at once', async (kind) => {
    using _planted = await plant(kind, join(inside, 'x.json'), outside);
    using directory = openInside();
    expect(directory.read('x.json', cap)).toMatchObject({ ok: false, reason: 'unsafe' });
  });

  test('a directory is refused', () => {
    using directory = SafeDirectory.open(root, 'group');
    expect(directory.read('results', cap)).toMatchObject({ ok: false, reason: 'unsafe' });
  });

  test('a device is refused, not opened', () => {
    using devices = SafeDirectory.open('/dev');
    expect(devices.read('zero', cap)).toMatchObject({
      ok: false,
      reason: 'unsafe',
      detail: expect.stringContaining('device'),
    });
  });

  test('what is not there is missing', () => {
    using directory = openInside();
    expect(directory.read('x.json', cap)).toMatchObject({ ok: false, reason: 'missing' });
  });

  test('the cap is exact', () => {
    using directory = openInside();
    writeFileSync(join(inside, 'fits'), 'x'.repeat(cap));
    writeFileSync(join(inside, 'not'), 'x'.repeat(cap + 1));
    writeFileSync(join(inside, 'empty'), '');
    expect(directory.read('fits', cap)).toEqual({ ok: true, text: 'x'.repeat(cap) });
    expect(directory.read('not', cap)).toMatchObject({ ok: false, reason: 'too-large' });
    expect(directory.read('empty', 0)).toEqual({ ok: true, text: '' });
  });

  test('a file of many gigabytes costs nothing', () => {
    writeFileSync(join(inside, 'huge'), '');
    truncateSync(join(inside, 'huge'), 2 ** 40);
    using directory = openInside();
    expect(directory.read('huge', cap)).toMatchObject({ ok: false, reason: 'too-large' });
  });

  test.runIf(process.platform === 'linux')('a file longer than it says is held to the cap', () => {
    // The kernel reports size 0 for these files: for the reader the same as growing between fstat and read.
    using kernel = SafeDirectory.open('/proc/self');
    expect(readFileSync('/proc/self/mountinfo').length).toBeGreaterThan(100);
    expect(kernel.read('mountinfo', 100)).toMatchObject({ ok: false, reason: 'too-large' });
    expect(kernel.read('mountinfo', 10_000_000)).toEqual({
      ok: true,
      text: readFileSync('/proc/self/mountinfo', 'utf8'),
    });
  });

  test.each(['', '.', '..', 'a/b', '/etc', '../group', 'a\0b', 'x'.repeat(256), '\ud800'])(
    'the name %j is not one',
    (name) => {
      using directory = openInside();
      const badName = expect.objectContaining({ code: 'files.bad-name' });
      expect(() => directory.read(name, cap)).toThrow(badName);
      expect(() => directory.write(name, '')).toThrow(badName);
      expect(() => directory.remove(name)).toThrow(badName);
      expect(() => directory.makeDirectory(name)).toThrow(badName);
      expect(() => SafeDirectory.open(root, 'group', name)).toThrow(badName);
      expect(readdirSync(inside)).toEqual([]);
    },
  );
});

describe('listing', () => {
  test('names come in code-unit order, whatever they are', () => {
    for (const name of ['b', 'a', 'B', 'ä', 'a\nb', '10', '9']) writeFileSync(join(inside, name), '');
    symlinkSync('/', join(inside, 'link'));
    using directory = openInside();
    expect(directory.list(100)).toEqual(['10', '9', 'B', 'a', 'a\nb', 'b', 'link', 'ä']);
    expect(directory.list(100)).toHaveLength(8);
  });

  test('at most so many are looked at, however many there are', () => {
    for (let i = 0; i < 12_000; i++) linkOrFirst(i);
    using directory = openInside();
    expect(directory.list(10_000)).toHaveLength(10_000);
    expect(directory.list(1)).toHaveLength(1);
    expect(directory.list(0)).toEqual([]);
  });

  test.runIf(process.platform === 'linux')('a name that is not UTF-8 is left out', () => {
    writeFileSync(Buffer.concat([Buffer.from(`${inside}/bad-`), Buffer.from([0xff])]), '');
    writeFileSync(join(inside, 'good'), '');
    using directory = openInside();
    expect(directory.list(10)).toEqual(['good']);
  });

  test('a directory that was removed meanwhile is empty or missing, and nothing can be written to it', () => {
    using directory = openInside();
    rmSync(inside, { recursive: true });
    expect(directory.read('a', cap)).toMatchObject({ ok: false, reason: 'missing' });
    expect(() => directory.write('a', '')).toThrow(expect.objectContaining({ code: 'files.missing' }));
    expect(directory.remove('a')).toBe(true);
  });
});

function linkOrFirst(index: number): void {
  if (index === 0) writeFileSync(join(inside, '0'), '');
  else linkSync(join(inside, '0'), join(inside, String(index)));
}

test('no descriptor stays open, whatever went wrong', async () => {
  using _planted = await plant('a pipe', join(inside, 'pipe'), outside);
  symlinkSync(outside, join(inside, 'link'));
  mkdirSync(join(inside, 'directory'));
  writeFileSync(join(inside, 'large'), 'x'.repeat(cap + 1));
  const before = openFileCount();
  for (let i = 0; i < 50; i++) {
    using directory = openInside();
    for (const name of directory.list(100)) directory.read(name, cap);
    directory.write('a', 'x');
    expect(() => directory.write('directory', 'x')).toThrow();
    expect(() => directory.write('b', 'x', { owner: { uid: -7, gid: 1.5 } })).toThrow();
    expect(() => directory.makeDirectory('c', { owner: { uid: -7, gid: 1.5 } })).toThrow();
    expect(() => directory.makeDirectory('link')).toThrow();
    expect(() => directory.copyTo('a/b', { into: directory, as: 'd', maxBytes: cap })).toThrow();
    directory.copyTo('large', { into: directory, as: 'd', maxBytes: cap });
    expect(() => SafeDirectory.open(root, 'group', 'results', 'directory', 'nothing')).toThrow();
    expect(() => SafeDirectory.open(root, 'group', 'results', 'link', 'nothing')).toThrow();
  }
  expect(openFileCount()).toBe(before);
  expect(readdirSync(inside).sort()).toEqual(['a', 'c', 'directory', 'large', 'link', 'pipe']);
});
