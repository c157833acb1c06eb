import { mkdirSync, realpathSync, renameSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { makeHostilePlace } from '../../test/fixtures/hostile-directory.ts';
import { DirectoryHandle } from './directory-handle.ts';

const unsafe = expect.objectContaining({ code: 'files.unsafe' });
let root = '';
let inside = '';
let outside = '';
let clear: () => void;
beforeEach(() => {
  ({ root, inside, outside, remove: clear } = makeHostilePlace());
});
afterEach(() => clear());

// What macOS does, which works on every system: addresses are paths, checked each time.
describe('where addresses are paths', () => {
  const open = (...parts: string[]) => DirectoryHandle.open(root, parts, 'darwin');

  test('an address is the real path of the entry', () => {
    using handle = open('group', 'results');
    expect(handle.entry('a.json')).toBe(join(realpathSync(inside), 'a.json'));
  });

  test.each([0, 1])('a link in place of component %i is refused', (depth) => {
    mkdirSync(join(outside, 'results'));
    const swapped = join(root, ...['group', 'results'].slice(0, depth + 1));
    renameSync(swapped, join(root, 'moved'));
    symlinkSync(outside, swapped);
    expect(() => open('group', 'results')).toThrow(unsafe);
  });

  test.each([0, 1])('a link put in place of component %i afterwards is noticed', (depth) => {
    using handle = open('group', 'results');
    mkdirSync(join(outside, 'results'));
    const swapped = join(root, ...['group', 'results'].slice(0, depth + 1));
    renameSync(swapped, join(root, 'moved'));
    symlinkSync(depth === 0 ? join(root, 'moved') : outside, swapped);
    expect(() => handle.entry('a.json')).toThrow(unsafe);
  });

  test('another directory put in its place afterwards is noticed, and so is none', () => {
    using handle = open('group', 'results');
    renameSync(inside, join(root, 'moved'));
    expect(() => handle.entry('a.json')).toThrow(unsafe);
    mkdirSync(inside);
    expect(() => handle.entry('a.json')).toThrow(unsafe);
  });
});
