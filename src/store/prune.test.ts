import { join } from 'node:path';
import { expect, test } from 'vitest';
import { tempDirectory } from '../../test/temp-directory.ts';
import { Store } from './store.ts';

const dayMs = 86_400_000;

test('what is old goes a few at a time; what is said, what turns were and what is told once in a lifetime stays', () => {
  using home = tempDirectory();
  const store = Store.open(join(home.path, 'messages.db'));
  const place = { jid: 'tg:1', thread: undefined };
  const turn = store.turns.begin({ group: 'main', place, retryOf: undefined }, 0);
  const input = store.turns.addInput(turn, () => 'a long prompt');
  store.turns.addResult({ v: 1, turnId: turn, ordinal: 1, answers: [input.id], status: 'ok', result: 'x' }, 0);
  // The prompt is not kept twice.
  expect(store.turns.inputs(turn)).toMatchObject([{ body: '', state: 'answered' }]);
  store.turns.end(turn, { state: 'done' }, 0);
  const said = { group: 'main', place, turnId: turn, parts: ['x'] };
  for (const key of ['notice:once', 'result:due', ...Array.from({ length: 250 }, (_, n) => `result:${n}`)]) {
    store.outbox.add({ ...said, key }, 0);
  }
  for (let id = 1; id <= 252; id += 1) if (id !== 2) store.outbox.markSent(id, String(id), 0);
  expect(store.prune.step(89 * dayMs)).toBe(false);
  expect(store.outbox.knows('result:0')).toBe(true);
  expect(store.prune.step(91 * dayMs)).toBe(true);
  expect(store.prune.step(91 * dayMs)).toBe(false);
  expect(store.turns.inputs(turn)).toEqual([]);
  expect(store.turns.get(turn)).toMatchObject({ state: 'done' });
  expect(['notice:once', 'result:due', 'result:0', 'result:249'].map((key) => store.outbox.knows(key))).toEqual([
    true,
    true,
    false,
    false,
  ]);
  store.close();
});
