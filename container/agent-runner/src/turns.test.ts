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
    turns.ended();
    turns.took(place('b'));
    turns.began();
    // It ends while b's last text is written: b goes on, and only then is it told of.
    turns.inBackground(new Set(), 100);
    expect(turns.current).toEqual(place('b'));
    turns.ended();
    turns.began();
    expect(turns.current).toEqual(place('a'));
    expect(turns.placeOf('task')).toEqual(place('a'));
  });

  test('what a subagent asks for belongs to the turn that began the subagent', () => {
    const turns = new Turns();
    turns.took(place('a'));
    turns.workBegan('agent', undefined);
    turns.ended();
    turns.took(place('b'));
    turns.workBegan('send', 'agent');
    expect(turns.placeOf('send')).toEqual(place('a'));
    expect(turns.placeOf('unknown')).toBeUndefined();
  });
});

describe('whether something goes on', () => {
  test('between the end of a background task and the turn that tells of it, for two seconds at most', () => {
    const turns = new Turns();
    turns.inBackground(new Set(['task']), 0);
    expect(turns.busyAt(0)).toBe(false);
    turns.inBackground(new Set(), 1_000);
    expect(turns.busyAt(2_999)).toBe(true);
    expect(turns.busyAt(3_000)).toBe(false);
  });
});
