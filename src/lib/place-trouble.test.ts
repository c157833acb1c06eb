import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { tempDirectory } from '../../test/temp-directory.ts';
import { placeTrouble } from './place-trouble.ts';

const failed = (code: string, path: string) => Object.assign(new Error('raw'), { code, path });

test('the file that stands in the way is named, however deep the folder behind it', () => {
  using home = tempDirectory();
  const file = join(home.path, 'data');
  writeFileSync(file, '');
  for (const wanted of [file, join(file, 'ipc', 'main')]) {
    expect(placeTrouble(failed('ENOTDIR', wanted))).toMatchObject({
      message: expect.stringContaining(`${file} is in the way`),
      cure: expect.stringContaining(`mv '${file}' '${file}.away'`),
    });
  }
});

test('what is closed is told with the command that opens it, a disk that can only be read as that', () => {
  using home = tempDirectory();
  const folder = join(home.path, 'groups');
  mkdirSync(folder);
  expect(placeTrouble(failed('EACCES', join(folder, 'main')))).toMatchObject({
    message: `${folder}/main cannot be written by this user (EACCES).`,
    cure: expect.stringContaining(`sudo chown -R "$(id -un)" '${folder}'`),
  });
  expect(placeTrouble(failed('EROFS', folder))).toMatchObject({ message: expect.stringContaining('only be read') });
});

test('a full disk, a missing file and what is none of the system’s errors are no trouble of the place', () => {
  for (const error of [failed('ENOSPC', '/x'), failed('ENOENT', '/x'), new Error('x'), undefined]) {
    expect(placeTrouble(error)).toBeUndefined();
  }
});
