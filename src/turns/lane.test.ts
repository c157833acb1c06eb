import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { expect, test } from 'vitest';
import { encodeFrame } from '../../protocol/frames.ts';
import { eventually } from '../../test/eventually.ts';
import { openTurnParts } from '../../test/fixtures/turn-parts.ts';
import { Lane } from './lane.ts';
import type { LaneParts } from './parts.ts';

/** A lane that has taken over a container, with a turn in it; what the container says comes from the test. */
function open() {
  const place = openTurnParts(['anna']);
  const { store } = place;
  const counted = { looks: 0 };
  const parts: LaneParts = {
    ...place.parts,
    serveRequests: () => {
      counted.looks += 1;
      return 0;
    },
  };
  const group = store.groups.get('anna');
  if (!group) throw new Error('there is no group');
  const id = store.turns.begin({ group: 'anna', place: { jid: 'tg:anna', thread: undefined }, retryOf: undefined }, 1);
  const input = store.turns.addInput(id, () => '{}');
  const [stdin, stdout, stderr] = [new PassThrough(), new PassThrough(), new PassThrough()];
  const lane = new Lane(parts, 'anna', () => undefined);
  const nothing = async () => undefined;
  const exited = new Promise<never>(() => undefined);
  const run = {
    group: 'anna',
    run: 'run-1',
    name: 'x',
    stdin,
    stdout,
    stderr,
    exited,
    kill: nothing,
    detach: () => undefined,
  };
  const launched = {
    ...{ run, mailbox: parts.launcher.mailboxOf(group), logPath: join(place.home, 'run.log'), release: nothing },
  };
  lane.adopt(group, { runId: 'run-1', launched, turn: store.turns.get(id), ahead: false });
  const close = () => {
    run.detach();
    place[Symbol.dispose]();
  };
  return { store, lane, counted, stdout, id, input, [Symbol.dispose]: close };
}

test('a thousand bells at once are one look into the mailbox', async () => {
  using place = open();
  place.stdout.write(encodeFrame({ type: 'bell' }).repeat(900));
  await eventually('a look', () => place.counted.looks > 0);
  await new Promise(setImmediate);
  expect(place.counted.looks).toBe(1);
});

function resultFrame(turnId: string, answers: string[]): string {
  return encodeFrame({ type: 'result', turnId, ordinal: 1, answers, status: 'ok', result: 'hi' });
}

test('a result that a frame tells of is taken before anything else, also behind a bell', async () => {
  using place = open();
  const { store, stdout, id, input, lane, counted } = place;
  const seen: unknown[] = [];
  // Heard after the lane has heard it.
  stdout.once('data', () => seen.push(counted.looks, lane.busy));
  stdout.write(encodeFrame({ type: 'bell' }) + resultFrame(id, [input.id]));
  await eventually('the frames to arrive', () => seen.length > 0);
  expect(seen).toEqual([1, false]);
  expect(store.turns.get(id)?.state).toBe('done');
});

test('a flood of results that belong to nobody is two looks at most', async () => {
  using place = open();
  place.stdout.write(resultFrame('x', []).repeat(300));
  await eventually('a look', () => place.counted.looks > 0);
  await new Promise(setImmediate);
  expect(place.counted.looks).toBeLessThanOrEqual(2);
});

test('what the rehearsal model used is kept as tokens, and costs nothing, whoever tells of it', async () => {
  using place = open();
  const one = { inputTokens: 10, outputTokens: 5, cacheReadTokens: 0, cacheWriteTokens: 0, costUsd: 0.5 };
  const usage = { ...one, models: { 'claude-x': one } };
  const result = { turnId: place.id, ordinal: 1, answers: [place.input.id], result: 'done', usage };
  place.stdout.write(encodeFrame({ type: 'result', v: 1, status: 'ok', ...result }));
  await eventually('it to be stored', () => place.store.turns.hasResults(place.id));
  expect(place.store.usage.since('2000-01-01')).toMatchObject([{ inputTokens: 10, costUsd: 0, model: 'claude-x' }]);
  expect(place.store.history.results(place.id)).toMatchObject([{ usage: { inputTokens: 10, costUsd: 0 } }]);
});
