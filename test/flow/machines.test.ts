// Machines that answer machines: it ends by itself, the owner hears of it, and what it costs is bounded.
import { expect, test } from 'vitest';
import { say } from '../../src/gateway/rehearsal/reply.ts';
import type { InboundMessage } from '../../src/model/message.ts';
import { eventually } from '../eventually.ts';
import { type House, openHouse } from '../house.ts';

const family = 'tg:-5';
/** The first of all, and ten answers to ours. */
const bound = 11;

async function openFamily(): Promise<House> {
  const house = await openHouse();
  house.group('family', family, { requiresTrigger: false });
  house.withStore((store) => {
    store.chats.see({ jid: family, channel: 'tg', name: 'Family', isGroup: true });
    store.chats.touch('tg:1', 1);
    store.owners.add({ channel: 'tg', senderId: 'olga', name: 'Olga' }, 1);
  });
  house.rehearsal.script = (context) => say(`I read ${context.person.length}`);
  return house;
}

/** Whatever arrives in the family’s chat is given to `hear`, until it is disposed of. */
function overhear(house: House, hear: (text: string, platformId: string) => void): Disposable {
  const { channel } = house;
  let over = false;
  const send = channel.send.bind(channel);
  channel.send = async (part, signal) => {
    const sent = await send(part, signal);
    if (part.jid === family) setImmediate(() => over || hear(part.text, sent.platformId));
    return sent;
  };
  return {
    [Symbol.dispose]: () => {
      over = true;
    },
  };
}

function answers(house: House, more: Partial<InboundMessage>): Disposable {
  return overhear(house, (text, id) => {
    house.channel.say(family, `you said: ${text}`, {
      senderId: 'robo',
      senderName: 'Robo',
      replyTo: { id, sender: undefined, text: undefined },
      ...more,
    });
  });
}

const told = (house: House) => house.heard().filter((text) => text.includes('as two machines do'));

test.each([
  ['does not say that it is one', {}, bound],
  ['says that it is one', { senderIsBot: true }, 9],
])('a bot that answers at once and %s', async (_name, more, most) => {
  await using house = await openFamily();
  using _robo = answers(house, more);
  house.channel.say(family, 'hello', { senderId: 'robo', senderName: 'Robo', ...more });
  await eventually('the owner to hear of it', () => told(house).length > 0);
  await house.rests();
  expect(house.rehearsal.count).toBeLessThanOrEqual(most);
  expect(told(house)[0]).toContain('in “Family” (tg:-5) for an hour: Robo and I have answered each other');
  // It goes on talking: that is kept, and answered by nobody.
  const late = house.say('are you there?', { jid: family, senderId: 'robo', ...more });
  const [count] = [house.rehearsal.count];
  expect(house.withStore((store) => store.inbox.ofMessage(late)?.wakes)).toBe(0);
  // The owner says something there: it is open again at once, and nothing was forgotten.
  house.say('What did Robo want?', { jid: family, senderId: 'olga' });
  await eventually('the answer', () => house.rehearsal.count > count);
  await house.rests();
  expect(house.state(late)).toBe('done');
  expect(told(house).length).toBeLessThanOrEqual(2);
});

test('two of us in one group come to an end, and the owner knows', async () => {
  await using a = await openFamily();
  await using b = await openFamily();
  const pass = (from: House, to: House, name: string) =>
    overhear(from, (text) => void to.channel.say(family, text, { senderId: name, senderName: name }));
  using _first = pass(a, b, 'first');
  using _second = pass(b, a, 'second');
  a.say('Hello, both of you', { jid: family, senderId: 'olga' });
  await eventually('an owner to hear of it', () => told(a).length + told(b).length > 0);
  for (const house of [a, b]) await house.rests();
  // One stops first; the other then hears its last word, and no more.
  const turns = [a.rehearsal.count, b.rehearsal.count];
  await new Promise(setImmediate);
  for (const house of [a, b]) await house.rests();
  for (const [index, house] of [a, b].entries()) {
    expect(house.rehearsal.count).toBeLessThanOrEqual((turns[index] ?? 0) + 1);
    expect(house.rehearsal.count).toBeLessThanOrEqual(bound + 1);
  }
});

test('what a linked channel posts by itself wakes nobody', async () => {
  await using house = await openFamily();
  const post = house.say('@Andy our news of today', {
    jid: family,
    senderId: 'news',
    senderIsBot: true,
    senderIsChat: true,
    mentionsAssistant: true,
  });
  expect(house.withStore((store) => store.inbox.ofMessage(post)?.wakes)).toBe(0);
});
