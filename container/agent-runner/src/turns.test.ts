import { describe, expect, test } from 'vitest';
import { Turns } from './turns.ts';

const place = (turnId: string) => ({ turnId, chatJid: `chat-of-${turnId}` });

describe('where work belongs', () => {
  test('a background task’s late turn belongs to the turn that began it, whatever ran between', () => {
    const turns = new Turns();
    turns.took(place('a'));
    turns.began();
    turns.workBegan('call', undefined);
    turns.workBegan('task', 'call');
    turns.inBackground(new Set(['task']), 0);
    turns.ended(100, undefined);
    turns.took(place('b'));
    turns.began();
    // It ends while b's last text is written: b goes on, and only then is it told of.
    turns.inBackground(new Set(), 100);
    expect(turns.current).toEqual(place('b'));
    turns.ended(100, undefined);
    turns.began();
    expect(turns.current).toEqual(place('a'));
    expect(turns.placeOf('task')).toEqual(place('a'));
  });

  test('two that end together are told of in their order, each for its own turn', () => {
    const turns = new Turns();
    for (const name of ['a', 'b']) {
      turns.took(place(name));
      turns.workBegan(`task-${name}`, undefined);
      turns.ended(0, undefined);
    }
    turns.inBackground(new Set(['task-a', 'task-b']), 0);
    turns.inBackground(new Set(), 100);
    for (const name of ['a', 'b']) {
      turns.began();
      expect(turns.current).toEqual(place(name));
      turns.ended(200, `task-${name}`);
    }
    expect(turns.takeFolded(10_000)).toEqual([]);
  });

  test('what was read in the middle of another chat’s turn is given back once, unless the SDK tells of it by itself', () => {
    const read = () => {
      const turns = new Turns();
      turns.took(place('a'));
      turns.workBegan('task', undefined);
      turns.ended(0, undefined);
      turns.inBackground(new Set(['task']), 0);
      turns.took(place('b'));
      turns.inBackground(new Set(), 100, () => 'well done');
      turns.readOn();
      turns.ended(5_000, undefined);
      expect(turns.busyAt(5_000)).toBe(true);
      expect(turns.takeFolded(6_999)).toEqual([]);
      return turns;
    };
    const silent = read();
    expect(silent.takeFolded(7_000)).toMatchObject([{ key: 'task', place: place('a'), summary: 'well done' }]);
    expect(silent.takeFolded(7_000)).toEqual([]);
    const speaks = read();
    speaks.began();
    speaks.ended(6_000, 'task');
    expect(speaks.takeFolded(20_000)).toEqual([]);
  });

  test('nothing is handed over for one chat while another one’s work goes on or is about to', () => {
    const turns = new Turns();
    turns.took(place('a'));
    expect(turns.isElsewhere(place('b'), 0)).toBe(true);
    expect(turns.isElsewhere({ ...place('a'), turnId: 'later' }, 0)).toBe(false);
    expect(turns.isElsewhere({ ...place('a'), threadId: '17' }, 0)).toBe(true);
    turns.workBegan('task', undefined);
    turns.inBackground(new Set(['task']), 0);
    turns.ended(0, undefined);
    expect(turns.isElsewhere(place('b'), 0)).toBe(false);
    turns.inBackground(new Set(), 1_000);
    expect(turns.isElsewhere(place('b'), 2_999)).toBe(true);
    expect(turns.isElsewhere(place('b'), 3_000)).toBe(false);
  });

  test('what a subagent asks for belongs to the turn that began the subagent', () => {
    const turns = new Turns();
    turns.took(place('a'));
    turns.workBegan('agent', undefined);
    turns.ended(100, undefined);
    turns.took(place('b'));
    turns.workBegan('send', 'agent');
    expect(turns.placeOf('send')).toEqual(place('a'));
    expect(turns.placeOf('unknown')).toBeUndefined();
  });
});

describe('whether something goes on', () => {
  test('between the end of a background task and the turn that tells of it, for two seconds at most', () => {
    const turns = new Turns();
    turns.took(place('a'));
    turns.ended(0, undefined);
    turns.inBackground(new Set(['task']), 0);
    expect(turns.busyAt(0)).toBe(false);
    turns.inBackground(new Set(), 1_000);
    expect(turns.busyAt(2_999)).toBe(true);
    expect(turns.busyAt(3_000)).toBe(false);
  });
});
