import { expect, test } from 'vitest';
import { chooseRows } from './choose-rows.ts';

const rows = (text: string) => [...text].map((letter, id) => ({ id, wakes: letter === 'W' ? 1 : 0 }));
const ids = (list: readonly { id: number }[]) => list.map((row) => row.id);

test('everything fits: nothing is left out', () => {
  const { taken, omitted } = chooseRows(rows('ccWcW'), 50);
  expect(ids(taken)).toEqual([0, 1, 2, 3, 4]);
  expect(omitted).toEqual([]);
});

test('a trigger that came first is inside, however much context followed it', () => {
  const { taken, omitted } = chooseRows(rows(`W${'c'.repeat(24)}W`), 10);
  expect(ids(taken)).toContain(0);
  expect(taken).toHaveLength(10);
  expect(omitted).toHaveLength(16);
});

test('older context gives way to newer context', () => {
  const { taken, omitted } = chooseRows(rows('ccccW'), 3);
  expect(ids(taken)).toEqual([2, 3, 4]);
  expect(ids(omitted)).toEqual([0, 1]);
});

test('waking rows beyond the limit, and what stands between them, wait for the next turn', () => {
  const { taken, omitted } = chooseRows(rows('WWcWcW'), 2);
  expect(ids(taken)).toEqual([0, 1]);
  expect(omitted).toEqual([]);
});
