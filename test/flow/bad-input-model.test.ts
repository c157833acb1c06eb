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
  // Each time the gateway ends the silence, and the SDK asks again before it gives up.
  for (let asked = 1; told().length === 0; asked++) {
    await Promise.race([model.rehearsal.seen(asked, 60_000), eventually('a word', () => told().length > 0)]);
    house.clock.advance(121_000);
  }
  expect(told()).toEqual([expect.stringMatching(/^⏸ I cannot reach the model \(error 504\)\. Your message is kept/)]);
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
  expect(await house.hears(1)).toEqual([expect.stringMatching(/^⏸ I cannot reach the model .*Your message is kept/)]);
  await waits(house, seq);
  await using model = await ScriptedModel.open(Number(new URL(gone.upstream.baseUrl).port));
  model.rehearsal.script = () => say('here now');
  house.clock.advance(5_000);
  expect((await house.hears(2))[1]).toBe('here now');
});
