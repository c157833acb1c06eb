// A second message while the first is worked on: the running agent gets it, no second container is made.
import { expect, test } from 'vitest';
import { callTool, say } from '../../src/gateway/rehearsal/reply.ts';
import { eventually } from '../eventually.ts';
import { type House, openHouse } from '../house.ts';

async function allDone(house: House, seqs: number[]): Promise<void> {
  await eventually('every message to be done', () =>
    house.withStore((store) => seqs.every((seq) => store.inbox.ofMessage(seq)?.state === 'done')),
  );
}

test('sent during a tool call, it is answered together with the first', async () => {
  await using house = await openHouse();
  house.rehearsal.script = (context) => {
    if (context.toolCalls.length === 0)
      return callTool('Bash', { command: 'while [ ! -e /workspace/group/go ]; do sleep 0.05; done; echo went' });
    // The runner has handed it over, and the SDK may read it only after this command has ended: there is another one then.
    if (context.person.length < 2) return callTool('Bash', { command: 'echo and on' });
    return say(`heard: ${context.person.map((one) => one.text).join(' and ')}`);
  };
  const first = house.say('one');
  await house.rehearsal.seen(1, 60_000);
  const second = house.say('two');
  await eventually('the second to be claimed', () =>
    house.withStore((store) => store.inbox.ofMessage(second)?.state === 'claimed'),
  );
  await eventually('the second to be handed over', () =>
    house.withStore((store) => {
      const row = store.inbox.ofMessage(second);
      return store.turns.inputs(row?.turn_id ?? '').find((input) => input.id === row?.input_id)?.taken === 1;
    }),
  );
  house.touch('groups', 'main', 'go');
  expect(await house.hears(1)).toEqual(['heard: one and two']);
  await allDone(house, [first, second]);
  expect(house.heard()).toHaveLength(1);
  expect(house.sandbox.runs).toHaveLength(1);
});

test('sent during the last text, it is answered next, by the same process', async () => {
  await using house = await openHouse();
  let second = 0;
  house.rehearsal.script = (context) => {
    if (context.count === 1) return say('first answer '.repeat(20), { chunk: 4, gapMs: 20 });
    return say(`then: ${context.text}`);
  };
  const first = house.say('one');
  await house.rehearsal.seen(1, 60_000);
  second = house.say('two');
  const texts = await house.hears(2);
  expect(texts[0]).toContain('first answer');
  expect(texts[1]).toBe('then: two');
  await allDone(house, [first, second]);
  expect(house.sandbox.runs).toHaveLength(1);
});

test('sent while the container is still being made, it is answered by that container', async () => {
  await using house = await openHouse();
  const gate: { open?: () => void } = {};
  const opened = new Promise<void>((resolve) => {
    gate.open = resolve;
  });
  house.sandbox.beforeStart = () => opened;
  house.rehearsal.script = (context) => say(`heard: ${context.person.map((one) => one.text).join(' and ')}`);
  const first = house.say('one');
  const second = house.say('two');
  await eventually('the second to be claimed', () =>
    house.withStore((store) => store.inbox.ofMessage(second)?.state === 'claimed'),
  );
  gate.open?.();
  await allDone(house, [first, second]);
  await eventually('all to be said', () => house.withStore((store) => store.outbox.openIn('tg:1') === 0));
  const texts = house.heard().join('\n');
  expect(texts.match(/\bone\b/g)).toHaveLength(1);
  expect(texts.match(/\btwo\b/g)).toHaveLength(1);
  expect(house.sandbox.runs).toHaveLength(1);
});

test('a message of another thread waits for its own turn and is answered in its thread', async () => {
  await using house = await openHouse();
  house.rehearsal.script = (context) => say(`re: ${context.text}`, { delayMs: 200 });
  house.say('here');
  await house.rehearsal.seen(1, 60_000);
  house.say('there', { thread: '17' });
  await house.hears(2);
  expect(house.channel.heard.map((one) => [one.thread, one.text])).toEqual([
    [undefined, 're: here'],
    ['17', 're: there'],
  ]);
  expect(house.sandbox.runs).toHaveLength(1);
});

test('what the agent says with send_message arrives before its final answer', async () => {
  await using house = await openHouse();
  house.rehearsal.script = (context) =>
    context.toolCalls.length === 0
      ? callTool('mcp__nanoclaw__send_message', { text: 'working on it' })
      : say('finished');
  house.say('do it');
  expect(await house.hears(2)).toEqual(['working on it', 'finished']);
  expect(house.rehearsal.requests.at(-1)?.context.toolResults.join()).toContain('Stored for delivery');
});

test('a group may not speak in another group’s chat, and its agent reads why', async () => {
  await using house = await openHouse();
  house.group('team', 'tg:9', { requiresTrigger: false });
  house.rehearsal.script = () => say('done');
  house.say('hello', { jid: 'tg:9' });
  await house.hears(1, { jid: 'tg:9' });
  const id = '0b7a4a3e-6f0e-4b8e-9a55-5d0c0e3f7a11';
  house.drop('team', 'messages', `${id}.json`, {
    type: 'message',
    id,
    chatJid: 'tg:1',
    text: 'psst',
    isMain: true,
    groupFolder: 'main',
  });
  const reply = await eventually('the reply', () => house.reply('team', id));
  expect(reply).toMatchObject({ ok: false, error: { code: 'not_allowed' } });
  expect(house.heard('tg:1')).toEqual([]);
});
