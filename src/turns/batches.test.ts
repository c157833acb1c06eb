import { expect, test } from 'vitest';
import { cutInBatches } from './batches.ts';

/** P: a person wakes the group; c: context; T: a task. */
function cut(letters: string): { batches: string[]; over: string } {
  const rows = [...letters].map((letter, at) => ({ name: `${letter}${at}`, wakes: letter === 'c' ? 0 : 1 }));
  const names = (some: readonly { name: string }[]) => some.map(({ name }) => name).join(' ');
  const { batches, over } = cutInBatches(rows, ({ name }) => name.startsWith('T'));
  return { batches: batches.map(names), over: names(over) };
}

test('people’s messages stay together, and each task is by itself, in order', () => {
  expect(cut('cPPTTPcP')).toEqual({ batches: ['c0 P1 P2', 'T3', 'T4', 'P5 c6 P7'], over: '' });
});

test('context never wakes the agent by itself: it goes with what a person says next, or waits on', () => {
  expect(cut('ccT')).toEqual({ batches: ['T2'], over: 'c0 c1' });
  expect(cut('cTP')).toEqual({ batches: ['T1', 'c0 P2'], over: '' });
  expect(cut('PcT')).toEqual({ batches: ['P0 c1', 'T2'], over: '' });
});
