import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { expect, test } from 'vitest';
import { opening } from '../../test/fixtures/opening.ts';
import { tempDirectory } from '../../test/temp-directory.ts';
import { NanoclawError } from '../model/errors.ts';
import { lockHome } from './lock.ts';
import { Store } from './store.ts';
import { isOfThePlace, openingTrouble } from './trouble.ts';

test('a damaged database is named with the copy that would help and the command; without a copy, how to begin anew', () => {
  using home = tempDirectory();
  const path = join(home.path, 'messages.db');
  writeFileSync(path, 'no database at all '.repeat(100));
  expect(opening(path)).toMatchObject({
    code: 'store.damaged',
    message: `${path} is damaged: it is no database that can be read.`,
    cure: expect.stringMatching(/begin anew \(what was said is lost\): mv '.*messages\.db' /),
  });
  for (const version of [9, 10]) writeFileSync(`${path}.before-${version}`, 'x');
  expect(opening(path)).toMatchObject({ cure: expect.stringContaining(`cp '${path}.before-10' '${path}'`) });
});

test('a database that is torn in its middle is told the same way', () => {
  using home = tempDirectory();
  const path = join(home.path, 'messages.db');
  Store.open(path).close();
  const bytes = readFileSync(path);
  writeFileSync(path, bytes.fill('x', 4_096));
  expect(opening(path)).toMatchObject({ code: 'store.damaged' });
});

test('one that another program holds, that is a directory, or lies where a file is, is told as that', () => {
  using home = tempDirectory();
  const path = join(home.path, 'messages.db');
  Store.open(path).close();
  const other = new Database(path);
  other.exec('BEGIN EXCLUSIVE');
  expect(opening(path)).toMatchObject({ code: 'store.locked', message: `Another program holds ${path}.` });
  other.close();
  mkdirSync(join(home.path, 'directory.db'));
  expect(opening(join(home.path, 'directory.db'))).toMatchObject({ code: 'store.closed' });
  expect(opening(join(path, 'below.db'))).toMatchObject({ code: 'store.closed' });
  expect(() => lockHome(join(path, 'host.lock'))).toThrow(/cannot be written/);
});

test.each([
  ['ERR_DLOPEN_FAILED', 'store.module', 'npm rebuild better-sqlite3'],
  ['EROFS', 'store.closed', 'NANOCLAW_HOME'],
  ['ENOSPC', 'store.full', 'Free some'],
  ['EACCES', 'store.closed', 'sudo chown -R'],
])('%s at the door is the trouble %s, with its cure', (code, name, cure) => {
  const trouble = openingTrouble('/home/x/store/messages.db', Object.assign(new Error('raw'), { code }));
  expect(trouble).toBeInstanceOf(NanoclawError);
  expect(trouble).toMatchObject({ code: name, cure: expect.stringContaining(cure) });
});

test('what a statement did wrong is no trouble of the place', () => {
  const db = new Database(':memory:');
  db.exec('CREATE TABLE one (id INTEGER PRIMARY KEY)');
  const twice = () => db.exec('INSERT INTO one VALUES (1); INSERT INTO one VALUES (1)');
  expect(twice).toThrow();
  try {
    twice();
  } catch (error) {
    expect(isOfThePlace(error)).toBe(false);
  }
  db.close();
});
