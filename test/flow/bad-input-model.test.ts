// A model's server that takes the question and says nothing, and one that nobody can reach.
import { expect, test } from 'vitest';
import { hang, say } from '../../src/gateway/rehearsal/reply.ts';
import { eventually } from '../eventually.ts';
import { ScriptedModel } from '../fixtures/scripted-model.ts';
import { type House, openHouse } from '../house.ts';

/** Waiting for the model, nothing spent. */
async function waits(house: House, seq: number): Promise<void> {
  await eventually('the message to wait', () => {
    const row = house.withStore((store) => store.inbox.ofMessage(seq));
    return row?.state === 'waiting' && row.attempts === 0 && row.cause === 'network';
  });
}

test('a model that says nothing: after two minutes the chat is told, the message waits and is answered later', async () => {
  await using model = await ScriptedModel.open();
  await using house = await openHouse({ upstream: model.upstream });
  model.rehearsal.script = () => hang();
  // But for the line that it goes on.
  const told = () => house.heard().filter((text) => !text.startsWith('⏳'));
  const seq = house.say('hello');
  await model.rehearsal.seen(1, 60_000);
  house.clock.advance(121_000);
  await eventually('a word', () => told().length > 0);
  // The gateway ends the silence; asking again at once would only double it.
  expect(model.rehearsal.count).toBe(1);
  expect(told()).toEqual([
    expect.stringMatching(
      /^⏸ I cannot reach the model at 127\.0\.0\.1:\d+: it took my question and said nothing for two minutes\..*Your message is kept/,
    ),
  ]);
  await waits(house, seq);
  model.rehearsal.script = () => say('I am back');
  house.clock.advance(5_000);
  await eventually('the answer', () => told()[1] === 'I am back');
});

test('a model that cannot be reached: told once, kept, and answered by itself when it can be', async () => {
  const gone = await ScriptedModel.open();
  await gone[Symbol.asyncDispose]();
  await using house = await openHouse({ upstream: gone.upstream });
  const seq = house.say('hello');
  expect(await house.hears(1)).toEqual([
    expect.stringMatching(
      /^⏸ I cannot reach the model at 127\.0\.0\.1:\d+: nobody listens there\. Start what should answer, or correct ANTHROPIC_BASE_URL in \.env\..*Your message is kept/,
    ),
  ]);
  await waits(house, seq);
  await using model = await ScriptedModel.open(Number(new URL(gone.upstream.baseUrl).port));
  model.rehearsal.script = () => say('here now');
  house.clock.advance(5_000);
  expect((await house.hears(2))[1]).toBe('here now');
});

test.each([
  ['a name nobody knows', 'http://model.invalid:1', /at model\.invalid:1: nothing of that name is known here/],
  [
    'a server that speaks no TLS',
    'https://127.0.0.1:PORT',
    /at 127\.0\.0\.1:\d+.*\((ERR_SSL|EPROTO|ECONNRESET)|certificate/,
  ],
])('%s: told which, once, and kept', async (_what, baseUrl, told) => {
  await using model = await ScriptedModel.open();
  const { port } = new URL(model.upstream.baseUrl);
  await using house = await openHouse({
    upstream: { ...model.upstream, baseUrl: baseUrl.replace('PORT', port) },
  });
  const seq = house.say('hello');
  expect(await house.hears(1)).toEqual([expect.stringMatching(told)]);
  await waits(house, seq);
});
