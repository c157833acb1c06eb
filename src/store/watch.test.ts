import { closeSync, copyFileSync, fstatSync, openSync, readFileSync, renameSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { opening } from '../../test/fixtures/opening.ts';
import { tempDirectory } from '../../test/temp-directory.ts';
import type { NanoclawError } from '../model/errors.ts';
import { Store } from './store.ts';

class Watched implements Disposable {
  readonly #home = tempDirectory();
  readonly path = join(this.#home.path, 'store', 'messages.db');
  readonly told: NanoclawError[] = [];
  #store: Store | undefined;

  constructor() {
    this.open().facts.set('kept', 'yes');
  }

  open(): Store {
    this.#store?.close();
    this.#store = Store.open(this.path, (trouble) => void this.told.push(trouble));
    return this.#store;
  }

  get store(): Store {
    return this.#store ?? this.open();
  }

  /** As a bad disk does it: everything behind the first pages is something else. */
  damage(): void {
    this.open().close();
    this.#store = undefined;
    this.open();
    const file = openSync(this.path, 'r+');
    const { size } = fstatSync(file);
    // The schema has been read by now, what stands in the tables has not.
    for (let at = 4_096; at < size; at += 4_096) writeSync(file, Buffer.alloc(4_096, 'x'), 0, 4_096, at);
    closeSync(file);
  }

  [Symbol.dispose](): void {
    this.#store?.close();
    this.#home[Symbol.dispose]();
  }
}

test('the first statement that meets damage tells of it, once, with the file and what to do', () => {
  using watched = new Watched();
  watched.damage();
  const { store } = watched;
  expect(() => store.inbox.dueGroups(1)).toThrow('malformed');
  expect(() => store.groups.all()).toThrow('malformed');
  expect(watched.told).toMatchObject([
    {
      code: 'store.damaged',
      message: expect.stringContaining(watched.path),
      cure: expect.stringContaining('Put your backup in its place'),
    },
  ]);
});

test('the next start reads the whole file before it believes it: it refuses what is damaged, and takes what was put right', () => {
  using watched = new Watched();
  watched.store.close();
  const backup = `${watched.path}.backup`;
  copyFileSync(watched.path, backup);
  watched.damage();
  expect(() => watched.store.groups.all()).toThrow('malformed');
  const told = readFileSync(`${watched.path}.damaged-since`, 'utf8');
  expect(told).toContain(`${watched.path} is damaged`);
  expect(opening(watched.path)).toMatchObject({ code: 'store.damaged' });
  for (const end of ['', '-wal', '-shm']) rmSync(watched.path + end, { force: true });
  copyFileSync(backup, watched.path);
  expect(opening(watched.path)).toBeUndefined();
  expect(() => readFileSync(`${watched.path}.damaged-since`)).toThrow('ENOENT');
});

test('a file that is removed under a running host is written again whole, and nothing is stored where nobody finds it', () => {
  using watched = new Watched();
  const { store, path } = watched;
  rmSync(path);
  expect(() => store.transaction(() => store.facts.set('later', 'no'))).toThrow('was removed while the host ran');
  expect(watched.told).toMatchObject([{ code: 'store.lost' }]);
  const next = Store.open(path);
  expect([next.facts.get('kept'), next.facts.get('later')]).toEqual(['yes', undefined]);
  next.close();
});

test('one that is replaced stays what was put there, and all that was known is kept beside it', () => {
  using watched = new Watched();
  const { store, path } = watched;
  Store.open(`${path}.other`).close();
  renameSync(`${path}.other`, path);
  expect(() => store.transaction(() => undefined)).toThrow('was replaced while the host ran');
  const [trouble] = watched.told;
  const copy = /mv '(.*?)' /.exec(trouble?.cure ?? '')?.[1] ?? '';
  const [there, kept] = [Store.open(path), Store.open(copy)];
  expect([there.facts.get('kept'), kept.facts.get('kept')]).toEqual([undefined, 'yes']);
  for (const one of [there, kept]) one.close();
});
