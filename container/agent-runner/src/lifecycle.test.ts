import { describe, expect, test } from 'vitest';
import { Lifecycle } from './lifecycle.ts';

const input = (id: string, turnId = 't') =>
  ({ v: 1, type: 'message', id, turnId, chatJid: 'terminal:main', text: id }) as const;
const ids = (life: Lifecycle) => life.answered().map((entry) => entry.input.id);

/** Hands over inputs whose uuids are their ids in capitals. */
function handed(...names: string[]): Lifecycle {
  const life = new Lifecycle();
  for (const name of names) life.hand(input(name), name.toUpperCase());
  return life;
}

describe('which inputs a result answers', () => {
  test('the one that started, although it completes only afterwards', () => {
    const life = handed('a');
    expect(life.heard('A', 'queued').type).toBe('none');
    expect(life.heard('A', 'started')).toMatchObject({ type: 'started', stopping: false });
    expect(ids(life)).toEqual(['a']);
    expect(life.heard('A', 'completed').type).toBe('none');
    expect(life.open).toEqual([]);
  });

  test('also those that joined and completed before it', () => {
    const life = handed('a', 'f');
    for (const [uuid, state] of [
      ['A', 'started'],
      ['F', 'started'],
      ['F', 'completed'],
    ] as const) {
      life.heard(uuid, state);
    }
    expect(ids(life)).toEqual(['a', 'f']);
  });

  test('not one that still waits', () => {
    const life = handed('a', 'f');
    life.heard('A', 'started');
    expect(ids(life)).toEqual(['a']);
    expect(life.open.map((one) => one.id)).toEqual(['f']);
    life.heard('F', 'started');
    expect(ids(life)).toEqual(['f']);
  });

  test('none, when nobody asked', () => {
    expect(ids(handed())).toEqual([]);
  });
});

describe('what the SDK never runs', () => {
  test('is handed over again, three times at most', () => {
    const life = handed('a');
    expect(life.heard('A', 'completed')).toMatchObject({ type: 'again', input: { id: 'a' } });
    life.hand(input('a'), 'A2');
    expect(life.heard('A2', 'completed').type).toBe('again');
    life.hand(input('a'), 'A3');
    expect(life.heard('A3', 'cancelled')).toMatchObject({ type: 'dropped', stopping: false });
    expect(life.open).toEqual([]);
    expect(life.knows('a')).toBe(true);
  });

  test('is not handed over again once its turn was stopped', () => {
    const life = handed('a');
    expect(life.stop('t')).toBe(true);
    expect(life.heard('A', 'cancelled')).toMatchObject({ type: 'dropped', stopping: true });
  });
});

describe('stopping a turn', () => {
  test('marks what runs and what waits, but no other turn', () => {
    const life = handed('a', 'f');
    life.hand(input('o', 'other'), 'O');
    life.heard('A', 'started');
    expect(life.stop('t')).toBe(true);
    expect(life.answered()).toMatchObject([{ stopping: true }]);
    expect(life.heard('F', 'started')).toMatchObject({ stopping: true });
    expect(life.answered()).toMatchObject([{ stopping: true }]);
    expect(life.heard('O', 'started')).toMatchObject({ stopping: false });
  });

  test('says so when there is nothing to stop', () => {
    expect(handed('a').stop('other')).toBe(false);
  });
});
