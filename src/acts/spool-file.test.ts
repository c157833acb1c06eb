import { lstatSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { tempDirectory } from '../../test/temp-directory.ts';
import { Store } from '../store/store.ts';
import { isSpoolFull, partsInFolder, spoolFile } from './spool-file.ts';

test.each([
  ['report.pdf', ['report.pdf']],
  ['/workspace/group/out/a b.pdf', ['out', 'a b.pdf']],
  ['./out/../report.pdf', ['report.pdf']],
  ['out//report.pdf', ['out', 'report.pdf']],
  ['../global/CLAUDE.md', undefined],
  ['/workspace/group', undefined],
  ['/workspace/group/..', undefined],
  ['/workspace/groups/x', undefined],
  ['/etc/passwd', undefined],
  ['', undefined],
])('%j means %j of the folder', (path, parts) => {
  expect(partsInFolder(path)).toEqual(parts);
});

test('what is sent is a private copy: the agent’s later changes do not reach it', () => {
  using home = tempDirectory();
  const folder = join(home.path, 'group');
  const spoolDirectory = join(home.path, 'data', 'spool');
  mkdirSync(join(folder, 'out'), { recursive: true });
  writeFileSync(join(folder, 'out', 'a\n"b".png'), 'first', { mode: 0o644 });
  const spooled = spoolFile(['out', 'a\n"b".png'], { key: 'request:r-1', folder, spoolDirectory, maxBytes: 5 });
  expect(spooled).toEqual({ ok: true, file: { path: expect.any(String), name: 'a__b_.png', mime: 'image/png' } });
  writeFileSync(join(folder, 'out', 'a\n"b".png'), 'second');
  const [name = ''] = readdirSync(spoolDirectory);
  expect(readFileSync(join(spoolDirectory, name), 'utf8')).toBe('first');
  expect(lstatSync(join(spoolDirectory, name)).mode & 0o777).toBe(0o600);
  expect(lstatSync(spoolDirectory).mode & 0o777).toBe(0o700);
});

test('what is refused leaves no copy', () => {
  using home = tempDirectory();
  const folder = join(home.path, 'group');
  const spoolDirectory = join(home.path, 'data', 'spool');
  mkdirSync(folder);
  writeFileSync(join(folder, 'six'), '123456');
  writeFileSync(join(folder, 'empty'), '');
  const from = { key: 'request:r-1', folder, spoolDirectory, maxBytes: 5 };
  expect(spoolFile(['six'], from)).toMatchObject({ ok: false, reason: 'too-large' });
  expect(spoolFile(['empty'], from)).toEqual({ ok: false, reason: 'empty' });
  expect(spoolFile(['none'], from)).toMatchObject({ ok: false, reason: 'missing' });
  expect(spoolFile(['none', 'x'], from)).toMatchObject({ ok: false, reason: 'missing' });
  expect(spoolFile(['a\0b'], from)).toMatchObject({ ok: false, reason: 'missing' });
  expect(spoolFile(['six', 'x'], from)).toMatchObject({ ok: false, reason: 'unsafe' });
  expect(readdirSync(spoolDirectory)).toEqual([]);
});

test('a chat for which fifty files wait takes no more until one is sent', () => {
  using home = tempDirectory();
  const store = Store.open(join(home.path, 'messages.db'));
  const full = (jid: string) => isSpoolFull(store, { jid, spoolDirectory: home.path });
  for (let n = 0; n < 50; n++) {
    expect(full('tg:1')).toBe(false);
    const place = { jid: 'tg:1', thread: undefined };
    const file = { path: `gone-${n}`, name: 'x' };
    store.outbox.add({ key: `k${n}`, group: 'main', place, turnId: undefined, parts: [''], file }, 1);
  }
  expect(full('tg:1')).toBe(true);
  expect(full('tg:2')).toBe(false);
  store.outbox.markSent(1, 'p', 2);
  expect(full('tg:1')).toBe(false);
  store.close();
});
