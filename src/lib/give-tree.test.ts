import { spawnSync } from 'node:child_process';
import { linkSync, lstatSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { makeHostilePlace, openFileCount, pictureOf, plant } from '../../test/fixtures/hostile-directory.ts';
import { giveTree } from './give-tree.ts';

const isRoot = process.getuid?.() === 0;
const other = { uid: 4711, gid: 4712 };
let root = '';
let inside = '';
let outside = '';
let clear: () => void;
beforeEach(() => {
  ({ root, inside, outside, remove: clear } = makeHostilePlace());
});
afterEach(() => clear());

test('only the directory asked for, and all of it, changes hands, once', async () => {
  mkdirSync(join(inside, 'a', 'b'), { recursive: true });
  writeFileSync(join(inside, 'a', 'b', 'line\nbreak'), '');
  using _pipe = await plant('a pipe', join(inside, 'pipe'), outside);
  if (!isRoot) {
    // Who may not give is told so; who asks for what is already so, is not.
    await expect(giveTree(root, { parts: ['group'], owner: other })).rejects.toThrow('EPERM');
    const { uid, gid } = lstatSync(inside);
    expect(await giveTree(root, { parts: ['group'], owner: { uid, gid } })).toBe(0);
    return;
  }
  expect(await giveTree(root, { parts: ['group', 'results'], owner: other })).toBe(5);
  for (const path of ['', 'a', 'a/b', 'a/b/line\nbreak', 'pipe'])
    expect(lstatSync(join(inside, path))).toMatchObject(other);
  expect(lstatSync(join(root, 'group')).uid).toBe(0);
  expect(await giveTree(root, { parts: ['group', 'results'], owner: other })).toBe(0);
});

test('a link changes hands itself, its target never; a file with a second name stays', async () => {
  mkdirSync(join(outside, 'directory'));
  symlinkSync(join(outside, 'secret.json'), join(inside, 'file'));
  symlinkSync(join(outside, 'directory'), join(inside, 'directory'));
  symlinkSync(join(outside, 'nothing'), join(inside, 'dangling'));
  linkSync(join(outside, 'secret.json'), join(inside, 'hard'));
  const before = pictureOf(outside);
  const { uid, gid } = lstatSync(inside);
  const owner = isRoot ? other : { uid, gid };
  await giveTree(root, { parts: ['group'], owner });
  expect(pictureOf(outside)).toEqual(before);
  for (const name of ['file', 'directory', 'dangling']) expect(lstatSync(join(inside, name))).toMatchObject(owner);
});

test('a link above it is refused', async () => {
  mkdirSync(join(outside, 'results'));
  symlinkSync(outside, join(root, 'linked'));
  const giving = giveTree(root, { parts: ['linked', 'results'], owner: other });
  await expect(giving).rejects.toMatchObject({ code: 'files.unsafe' });
});

test('a tree of any depth ends, with every descriptor closed', async () => {
  let deep = inside;
  for (let level = 0; level < 300; level++) deep = join(deep, 'd');
  mkdirSync(deep, { recursive: true });
  const before = openFileCount();
  const { uid, gid } = lstatSync(inside);
  const given = await giveTree(root, { parts: ['group'], owner: isRoot ? other : { uid, gid } });
  expect(given).toBe(isRoot ? 101 : 0);
  expect(openFileCount()).toBe(before);
});

test('on an overlay whose layers lie on different disks, files change hands as directories do', async () => {
  const at = (name: string) => join(root, name);
  for (const name of ['layer', 'upper', 'work', 'whole']) mkdirSync(at(name));
  const mount = (...words: string[]) => isRoot && spawnSync('mount', words, { stdio: 'ignore' }).status === 0;
  const isOwn = mount('-t', 'tmpfs', 'tmpfs', at('layer'));
  mkdirSync(at('layer/group'));
  writeFileSync(at('layer/group/CLAUDE.md'), '');
  const layers = `lowerdir=${at('layer')},upperdir=${at('upper')},workdir=${at('work')}`;
  const isMounted = isOwn && mount('-t', 'overlay', 'overlay', '-o', layers, at('whole'));
  try {
    // Who may not mount cannot have one either; a plain folder is what the other tests are about.
    const whole = isMounted ? at('whole') : at('layer');
    const { uid, gid } = lstatSync(whole);
    const owner = isRoot ? other : { uid, gid };
    expect(await giveTree(whole, { parts: ['group'], owner })).toBe(isRoot ? 2 : 0);
    expect(lstatSync(join(whole, 'group/CLAUDE.md'))).toMatchObject(owner);
  } finally {
    if (isMounted) spawnSync('umount', [at('whole')]);
    if (isOwn) spawnSync('umount', [at('layer')]);
  }
});
