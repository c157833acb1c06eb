import { expect, test } from 'vitest';
import { PostOffice } from '../../test/fixtures/post-office.ts';
import { createLog } from '../lib/log.ts';
import { acceptResult } from './accept-result.ts';

/** A turn whose input the agent has not acknowledged. */
function given(office: PostOffice) {
  const { store, place } = office;
  office.say();
  const turnId = store.turns.begin({ group: 'main', place, retryOf: undefined }, office.clock.now());
  const { id: inputId } = store.turns.addInput(turnId, () => '{}');
  const rows = store.inbox.waitingAt('main', place, { now: office.clock.now() });
  store.inbox.claim({ turnId, inputId }, rows);
  return { id: turnId, input: inputId };
}

function accept(office: PostOffice, turn: { id: string }, answers: string[]): void {
  const { store, clock, desk } = office;
  const log = createLog('silent', { write: () => undefined });
  const error = { code: 'network' as const, message: 'no answer at all' };
  const result = { v: 1 as const, turnId: turn.id, ordinal: 1, answers, status: 'error' as const, result: null, error };
  const settings = { timeZone: 'UTC', model: undefined };
  acceptResult(
    { store, clock, desk, log, settings, react: () => undefined, failedAnswer: () => undefined },
    'main',
    result,
  );
}

test('a turn that only a failed result tells of ends, and its message waits for the network', async () => {
  await using office = await PostOffice.open();
  const turn = given(office);
  accept(office, turn, [turn.input]);
  office.end(turn);
  expect(office.store.turns.get(turn.id)?.state).toBe('failed');
  expect(office.store.inbox.ofMessage(1)).toMatchObject({ state: 'waiting', attempts: 0, cause: 'network' });
});

test('a turn with a result that answers nothing ends, and its message waits', async () => {
  await using office = await PostOffice.open();
  const turn = given(office);
  accept(office, turn, []);
  office.end(turn);
  expect(office.store.turns.get(turn.id)?.state).toBe('stopped');
  expect(office.store.inbox.ofMessage(1)).toMatchObject({ state: 'waiting', attempts: 0 });
});

test('a turn that left nothing at all is forgotten', async () => {
  await using office = await PostOffice.open();
  const turn = given(office);
  office.end(turn);
  expect(office.store.turns.get(turn.id)).toBeUndefined();
});

test('what we gave back ourselves is due at once, also after the clock was set back', async () => {
  await using office = await PostOffice.open();
  const turn = given(office);
  office.end(turn);
  const yesterday = office.clock.now() - 86_400_000;
  expect(office.store.inbox.dueGroups(yesterday)).toEqual(['main']);
});
