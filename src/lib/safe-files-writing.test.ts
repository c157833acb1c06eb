import {
  appendFileSync,
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { makeHostilePlace, notFiles, plant } from '../../test/fixtures/hostile-directory.ts';
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

describe('writing', () => {
  test('a file is new, private, whole, and leaves nothing beside it', () => {
    using directory = openInside();
    directory.write('a.json', 'first');
    const before = lstatSync(join(inside, 'a.json'));
    directory.write('a.json', Buffer.from('second'));
    const after = lstatSync(join(inside, 'a.json'));
    expect(readFileSync(join(inside, 'a.json'), 'utf8')).toBe('second');
    expect(after.ino).not.toBe(before.ino);
    expect(after.mode & 0o777).toBe(0o600);
    expect(readdirSync(inside)).toEqual(['a.json']);
  });

  test('the mode asked for is the mode it gets, whatever the umask', () => {
    const umask = process.umask(0o077);
    try {
      using directory = openInside();
      directory.write('a', '', { mode: 0o664 });
      using _made = directory.makeDirectory('d', { mode: 0o775 });
    } finally {
      process.umask(umask);
    }
    expect(lstatSync(join(inside, 'a')).mode & 0o777).toBe(0o664);
    expect(lstatSync(join(inside, 'd')).mode & 0o777).toBe(0o775);
  });

  test('a new file and a new directory belong to whom they are given', () => {
    const { uid, gid } = lstatSync(root);
    const owner = uid === 0 ? { uid: 4711, gid: 4712 } : { uid, gid };
    using directory = openInside();
    directory.write('a', 'x', { owner });
    using _made = directory.makeDirectory('d', { owner });
    expect(lstatSync(join(inside, 'a'))).toMatchObject(owner);
    expect(lstatSync(join(inside, 'd'))).toMatchObject(owner);
  });

  test.each(notFiles)('%s is replaced, never written through', async (kind) => {
    const path = join(inside, 'x.json');
    using _planted = await plant(kind, path, outside);
    using directory = openInside();
    directory.write('x.json', 'mine');
    expect(lstatSync(path).isFile()).toBe(true);
    expect(readFileSync(path, 'utf8')).toBe('mine');
    expect(readFileSync(join(outside, 'secret.json'), 'utf8')).toBe('secret');
    expect(readdirSync(outside)).toEqual(['secret.json']);
  });

  test('a directory in its place is refused, and nothing is left behind', () => {
    mkdirSync(join(inside, 'x.json'));
    using directory = openInside();
    expect(() => directory.write('x.json', 'mine')).toThrow(expect.objectContaining({ code: 'files.unsafe' }));
    expect(readdirSync(inside)).toEqual(['x.json']);
  });
});

describe('removing', () => {
  test.each(notFiles)('%s goes, what it names stays', async (kind) => {
    using _planted = await plant(kind, join(inside, 'x'), outside);
    using directory = openInside();
    expect(directory.remove('x')).toBe(true);
    expect(readdirSync(inside)).toEqual([]);
    expect(readFileSync(join(outside, 'secret.json'), 'utf8')).toBe('secret');
  });

  test('what is absent is fine', () => {
    using directory = openInside();
    expect(directory.remove('x')).toBe(true);
  });

  test('a directory stays, and so does a link to one', () => {
    mkdirSync(join(inside, 'd'));
    symlinkSync(outside, join(inside, 'l'));
    using directory = openInside();
    expect(directory.remove('d')).toBe(false);
    expect(directory.remove('l')).toBe(true);
    expect(readdirSync(inside)).toEqual(['d']);
    expect(existsSync(join(outside, 'secret.json'))).toBe(true);
  });
});

describe('making directories', () => {
  test('one is made, private, or the one that is there is opened with its mode unchanged', () => {
    using directory = openInside();
    using made = directory.makeDirectory('d');
    made.write('a', 'x');
    expect(lstatSync(join(inside, 'd')).mode & 0o777).toBe(0o700);
    chmodSync(join(inside, 'd'), 0o750);
    using again = directory.makeDirectory('d');
    expect(again.list(9)).toEqual(['a']);
    expect(lstatSync(join(inside, 'd')).mode & 0o777).toBe(0o750);
  });

  test.each(notFiles)('%s in its place is refused', async (kind) => {
    using _planted = await plant(kind, join(inside, 'd'), outside);
    using directory = openInside();
    expect(() => directory.makeDirectory('d')).toThrow(expect.objectContaining({ code: 'files.unsafe' }));
    expect(readdirSync(outside)).toEqual(['secret.json']);
  });

  test('a link to a directory is refused', () => {
    symlinkSync(outside, join(inside, 'd'));
    using directory = openInside();
    expect(() => directory.makeDirectory('d')).toThrow(expect.objectContaining({ code: 'files.unsafe' }));
    expect(readlinkSync(join(inside, 'd'))).toBe(outside);
  });
});

describe('copying out', () => {
  test('every byte arrives in a file of the host’s own, and the agent’s stays', () => {
    const bytes = Buffer.alloc(3_000_000, 'ab\xff\0', 'latin1');
    writeFileSync(join(inside, 'photo'), bytes);
    using directory = openInside();
    using errors = SafeDirectory.open(outside);
    const copied = directory.copyTo('photo', { into: errors, as: 'kept', maxBytes: bytes.length, mode: 0o640 });
    expect(copied).toEqual({ ok: true, bytes: bytes.length });
    appendFileSync(join(inside, 'photo'), 'later');
    expect(readFileSync(join(outside, 'kept')).equals(bytes)).toBe(true);
    expect(lstatSync(join(outside, 'kept')).mode & 0o777).toBe(0o640);
  });

  test.each(notFiles)('%s is refused and leaves nothing', async (kind) => {
    using _planted = await plant(kind, join(inside, 'x'), outside);
    using directory = openInside();
    using errors = SafeDirectory.open(outside);
    expect(directory.copyTo('x', { into: errors, as: 'kept', maxBytes: cap })).toMatchObject({ reason: 'unsafe' });
    expect(readdirSync(outside)).toEqual(['secret.json']);
  });

  test('too much is refused, and an earlier copy of that name stays', () => {
    writeFileSync(join(inside, 'x'), 'y'.repeat(cap + 1));
    using directory = openInside();
    using errors = SafeDirectory.open(outside);
    const copied = directory.copyTo('x', { into: errors, as: 'secret.json', maxBytes: cap });
    expect(copied).toMatchObject({ reason: 'too-large' });
    expect(readFileSync(join(outside, 'secret.json'), 'utf8')).toBe('secret');
    expect(readdirSync(outside)).toEqual(['secret.json']);
  });
});
