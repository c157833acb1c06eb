// Fewer containers than groups: who goes, who stays, and that every answer finds its own place.
import { expect, test } from 'vitest';
import { wireChat } from '../../src/acts/wire-chat.ts';
import { say } from '../../src/gateway/rehearsal/reply.ts';
import { eventually } from '../eventually.ts';
import { openHouse } from '../house.ts';

test('of idle containers the longest idle goes first', async () => {
  await using house = await openHouse({ settings: { MAX_CONCURRENT_CONTAINERS: '2' } });
  house.rehearsal.script = ({ text }) => say(`re ${text}`);
  for (const n of [2, 3]) house.group(`g${n}`, `tg:${n}`, { requiresTrigger: false });
  house.say('one');
  await house.hears(1);
  house.say('two', { jid: 'tg:2' });
  await house.hears(1, { jid: 'tg:2' });
  house.say('one again');
  await house.hears(2);
  await house.rests();
  house.say('three', { jid: 'tg:3' });
  expect(await house.hears(1, { jid: 'tg:3' })).toEqual(['re three']);
  house.say('and again');
  await house.hears(3);
  expect(house.sandbox.runs.map((run) => run.spec.group)).toEqual(['main', 'g2', 'g3']);
});

test('three chats with room for two containers: the third is answered while two are idle, never by a third beside them', async () => {
  await using house = await openHouse({ settings: { MAX_CONCURRENT_CONTAINERS: '2' } });
  house.rehearsal.script = (context) => say(`re ${context.text}`);
  for (const n of [2, 3]) house.group(`g${n}`, `tg:${n}`, { requiresTrigger: false });
  let firstIsGone = false;
  house.sandbox.beforeStart = async () => {
    if (house.sandbox.runs.length < 2) return;
    expect(firstIsGone).toBe(true);
  };
  for (const n of [1, 2, 3]) {
    house.say(`chat ${n}`, { jid: `tg:${n}` });
    if (n === 1) await eventually('the first container', () => house.sandbox.runs.length === 1);
    if (n === 1)
      void house.sandbox.runs[0]?.run.exited.then(() => {
        firstIsGone = true;
      });
    expect(await house.hears(1, { jid: `tg:${n}` })).toEqual([`re chat ${n}`]);
  }
  expect(house.sandbox.runs.map((run) => run.spec.group)).toEqual(['main', 'g2', 'g3']);
});

test('a busy container is never taken from its group: the others wait their turn, the longest waiting first', async () => {
  await using house = await openHouse({ settings: { MAX_CONCURRENT_CONTAINERS: '1' } });
  for (const n of [2, 3]) house.group(`g${n}`, `tg:${n}`, { requiresTrigger: false });
  let open: () => void = () => undefined;
  const gate = new Promise<void>((resolve) => {
    open = resolve;
  });
  const asked: string[] = [];
  house.rehearsal.script = async ({ text }) => {
    asked.push(text);
    if (text === 'work') await gate;
    return say(`re ${text}`);
  };
  house.say('work');
  await house.rehearsal.seen(1, 60_000);
  for (const n of [3, 2]) house.say(`chat ${n}`, { jid: `tg:${n}` });
  house.clock.advance(2_000);
  expect(asked).toEqual(['work']);
  open();
  await Promise.all([house.hears(1), house.hears(1, { jid: 'tg:2' }), house.hears(1, { jid: 'tg:3' })]);
  expect(asked).toEqual(['work', 'chat 3', 'chat 2']);
});

test('several chats of one group: one container, and each answer goes to the chat that asked', async () => {
  await using house = await openHouse();
  house.group('family', 'tg:2', { requiresTrigger: false });
  house.withStore((store) => {
    for (const jid of ['tg:3', 'tg:4']) {
      store.chats.see({ jid, channel: 'telegram', name: jid, isGroup: false });
      wireChat(store, { jid, folder: 'family', channel: 'telegram' });
    }
  });
  house.rehearsal.script = ({ text }) => say(`re ${text}`, { delayMs: 20 });
  const seqs = [2, 3, 4].map((n) => house.say(`from ${n}`, { jid: `tg:${n}` }));
  await eventually('all to be done', () => seqs.every((seq) => house.state(seq) === 'done'));
  for (const n of [2, 3, 4]) expect(await house.hears(1, { jid: `tg:${n}` })).toEqual([`re from ${n}`]);
  expect(house.sandbox.runs).toHaveLength(1);
});
