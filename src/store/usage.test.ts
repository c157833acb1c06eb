import { copyFileSync, mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { tempDirectory } from '../../test/temp-directory.ts';
import { localDay } from '../lib/local-day.ts';
import { openDatabase, readMigrations } from './database.ts';
import { Store } from './store.ts';

const migrations = fileURLToPath(new URL('migrations', import.meta.url));
const figures = { inputTokens: 10, outputTokens: 5, cacheReadTokens: 100, cacheWriteTokens: 1, costUsd: 0.5 };

test('what results cost is summed by day, group and model', () => {
  using home = tempDirectory();
  const store = Store.open(join(home.path, 'messages.db'));
  using _store = { [Symbol.dispose]: () => store.close() };
  const opus = { ...figures, costUsd: 2 };
  store.usage.add({ day: '2026-11-21', group: 'main' }, figures);
  store.usage.add({ day: '2026-11-22', group: 'main' }, figures);
  store.usage.add({ day: '2026-11-22', group: 'main' }, { ...figures, models: { 'claude-opus-4-1': opus } });
  store.usage.add({ day: '2026-11-22', group: 'main' }, { ...figures, models: { 'claude-opus-4-1': opus } });
  store.usage.add({ day: '2026-11-22', group: 'team' }, figures);
  expect(store.usage.spent('2026-11-22')).toBe(5);
  expect(store.usage.spent('2026-11-22', 'main')).toBe(4.5);
  expect(store.usage.spent('2026-11-23')).toBe(0);
  expect(store.usage.since('2026-11-22')).toMatchObject([
    { group: 'main', model: undefined, results: 1, costUsd: 0.5 },
    { group: 'main', model: 'claude-opus-4-1', results: 2, inputTokens: 20, cacheReadTokens: 200, costUsd: 4 },
    { group: 'team', model: undefined, results: 1 },
  ]);
});

test('figures that no agent can honestly have lower no sum, burst none and fill no table', () => {
  using home = tempDirectory();
  const store = Store.open(join(home.path, 'messages.db'));
  using _store = { [Symbol.dispose]: () => store.close() };
  const at = { day: '2026-11-22', group: 'main' };
  store.usage.add(at, figures);
  store.usage.add(at, { ...figures, inputTokens: -1e300, costUsd: -1_000 });
  store.usage.add(at, { ...figures, inputTokens: 1e300, costUsd: 1e300 });
  const many = Object.fromEntries(Array.from({ length: 1_000 }, (_, n) => [`model-${n}`, figures]));
  store.usage.add(at, { ...figures, models: many });
  store.usage.add(at, { ...figures, models: { 'no\nmodel': figures } });
  expect(store.usage.since('2026-11-22')).toMatchObject([
    { model: undefined, results: 5, inputTokens: 1e12 + 30, costUsd: 10_001.5 },
  ]);
});

test('results that were stored before there were sums are summed once, by the days of the host’s zone', () => {
  using home = tempDirectory();
  const before = join(home.path, 'before');
  mkdirSync(before);
  const older = readdirSync(migrations).filter((file) => file < '004');
  for (const file of older) copyFileSync(join(migrations, file), join(before, file));
  const path = join(home.path, 'messages.db');
  const db = openDatabase(path, readMigrations(before));
  const result = db.prepare("INSERT INTO results VALUES ('t', ?, 'ok', '[]', ?, ?)");
  db.exec(`INSERT INTO turns (id, group_folder, chat_jid, state, started_at) VALUES ('t', 'main', 'tg:1', 'done', 0)`);
  result.run(1, JSON.stringify(figures), Date.parse('2026-11-21T22:59:59Z'));
  result.run(2, JSON.stringify(figures), Date.parse('2026-11-21T23:00:00Z'));
  result.run(9, '{', 0);
  result.run(3, JSON.stringify({ costUsd: 1 }), Date.parse('2026-11-22T22:59:59Z'));
  result.run(4, null, Date.parse('2026-11-22T12:00:00Z'));
  db.close();
  for (const _start of [1, 2]) {
    const store = Store.open(path);
    using _store = { [Symbol.dispose]: () => store.close() };
    store.usage.sumOlder((at) => localDay(at, 'Europe/Berlin'));
    expect(store.usage.since('2000-01-01')).toMatchObject([
      { day: '2026-11-21', group: 'main', model: undefined, results: 1, ...figures },
      { day: '2026-11-22', group: 'main', model: undefined, results: 2, inputTokens: 10, costUsd: 1.5 },
    ]);
  }
});
