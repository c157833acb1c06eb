import { expect, test } from 'vitest';
import { Gather } from './gather.ts';

const others = () => new Promise(setImmediate);

function counting() {
  const counted = { times: 0, errors: 0 };
  const gather = new Gather(
    () => {
      counted.times += 1;
      if (counted.times === 4) throw new Error('the fourth');
    },
    () => {
      counted.errors += 1;
    },
  );
  return { gather, counted };
}

test('however often it is asked for, it is done once when the others had their turn', async () => {
  const { gather, counted } = counting();
  for (let times = 0; times < 1_000; times++) gather.soon();
  expect(counted.times).toBe(0);
  await others();
  expect(counted.times).toBe(1);
  await others();
  expect(counted.times).toBe(1);
});

test('what is urgent is done at once, the rest of a flood of it together', async () => {
  const { gather, counted } = counting();
  gather.soon();
  gather.now();
  expect(counted.times).toBe(1);
  for (let times = 0; times < 1_000; times++) gather.now();
  expect(counted.times).toBe(1);
  await others();
  expect(counted.times).toBe(2);
  gather.now();
  expect(counted.times).toBe(3);
});

test('what goes wrong while nobody waits is told, and the next time is tried', async () => {
  const { gather, counted } = counting();
  for (let times = 0; times < 5; times++) {
    gather.soon();
    await others();
  }
  expect(counted).toEqual({ times: 5, errors: 1 });
});
