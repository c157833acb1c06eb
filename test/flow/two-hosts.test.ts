// Machines in one group that may hear each other: it ends by itself, and the owners are told.
import { expect, test } from 'vitest';
import { say } from '../../src/gateway/rehearsal/reply.ts';
import { eventually } from '../eventually.ts';
import { type BotApi, openBotApi } from '../fixtures/bot-api/bot-api.ts';
import { houseOnTelegram, type TelegramHouse } from '../fixtures/telegram-house.ts';
import { WindableClock } from '../windable-clock.ts';

/** More than any talk of machines may cost: nine exchanges, of two messages each where both were called at once. */
const bound = 40;
const quietMs = 20 * 60_000;

/** A Telegram with a group of two bots. They hear each other where both are in the mode, and have no privacy. */
async function aGroup(talksToBots = true) {
  const clock = new WindableClock();
  const api = await openBotApi({ now: () => clock.now(), username: 'andy_bot', talksToBots });
  const ann = api.person('Ann', { id: 1 });
  const other = api.addBot({
    token: '987654321:AAF-another_token_of_nobody_000',
    username: 'bob_bot',
    talksToBots,
  });
  const group = api.supergroup('The two of them');
  const [withAndy, withBob] = [api.privateChat(ann), api.privateChat(ann, { bot: other })];
  api.join(group, ann);
  api.join(group, ann, 'member', other);
  return { api, clock, ann, other, group, withAndy, withBob };
}

/** Wired, Ann's, and it always has a word for the other. */
async function host({ house }: TelegramHouse, { group, words }: { group: number; words: string }): Promise<void> {
  const jid = `tg:${group}`;
  house.withStore((store) => {
    store.chats.see({ jid, channel: 'telegram', name: 'The two of them', isGroup: true });
    store.chats.wire(jid, 'main');
    store.owners.add({ channel: 'telegram', senderId: '1', name: 'Ann' }, 1);
  });
  house.rehearsal.script = ({ person }) => (/again/.test(person.at(-1)?.text ?? '') ? say('Here.') : say(words));
}

/** The owner has been here: it is where a host tells what is to be told. */
async function greets(api: BotApi, chat: object & { id: number }): Promise<void> {
  api.say({ chat, text: 'Are you there again?' });
  await api.waitForAnswer(chat, 'Here.');
}

interface Hosts {
  readonly clock: WindableClock;
  readonly houses: readonly TelegramHouse[];
}

/** By that much, unless an agent is at work: on a slow machine their answers would lie hours apart. */
function wind({ clock, houses }: Hosts, ms = 1_000): void {
  const works = ({ house }: TelegramHouse) => house.withStore((store) => store.turns.running().length > 0);
  if (houses.some(works)) return;
  clock.advance(ms);
  for (const one of houses) one.wind(ms);
}

/** Winds until nothing more is said for a while; fails beyond the bound. */
async function ends(api: BotApi, group: { id: number }, hosts: Hosts): Promise<number> {
  const count = () => api.sent(group).length;
  let [seen, since] = [count(), hosts.clock.now()];
  await eventually(
    'the talk to end',
    () => {
      if (count() > bound) throw new Error(`they went on: ${count()} messages`);
      if (count() !== seen) [seen, since] = [count(), hosts.clock.now()];
      const quiet = hosts.clock.now() - since;
      if (quiet >= quietMs) return true;
      // Whatever answers has done so within a minute.
      wind(hosts, quiet < 60_000 ? 1_000 : 10_000);
      return false;
    },
    240_000,
  );
  return seen;
}

/** Winds the clock until one of the owners was told; a slow machine is left the time its agents take. */
async function tells(owners: () => number, hosts: Hosts): Promise<void> {
  await eventually(
    'the owner to be told',
    () => {
      if (owners() > 0) return true;
      wind(hosts);
      return false;
    },
    240_000,
  );
}

const silent = /^⏸ I answer nothing in “The two of them” .* To go on at once, write something there yourself\.$/;
const told = (api: BotApi, chat: object & { id: number }) => api.finalAnswers(chat, silent).length;

test('two of our own hosts that mention each other come to an end, the owner of each that stops is told once, not there, and is answered again', async () => {
  const { api, clock, ann, other, group, withAndy, withBob } = await aGroup();
  await using _ = api;
  await using andy = await houseOnTelegram({ api, clock });
  await using bob = await houseOnTelegram({ api, clock, token: other.token });
  await host(andy, { group: group.id, words: '@bob_bot what do you think?' });
  await host(bob, { group: group.id, words: '@andy_bot I think so, do you?' });
  await api.waitUntilIdle();
  await greets(api, withAndy);
  await greets(api, withBob);
  api.say({ chat: group, from: ann, text: '@andy_bot ask @bob_bot' });
  const houses = { clock, houses: [andy, bob] };
  await tells(() => told(api, withAndy) + told(api, withBob), houses);
  expect(await ends(api, group, houses)).toBeGreaterThan(2);
  // Both may come to their bound by the same message.
  for (const owner of [withAndy, withBob]) expect(told(api, owner)).toBeLessThanOrEqual(1);
  expect(told(api, group)).toBe(0);
  api.say({ chat: group, from: ann, text: '@andy_bot are you there again?' });
  await api.waitForAnswer(group, 'Here.');
});

test('two hosts that do not hear each other answer the person, and nobody is told anything', async () => {
  const { api, clock, ann, other, group, withAndy, withBob } = await aGroup(false);
  await using _ = api;
  await using andy = await houseOnTelegram({ api, clock });
  await using bob = await houseOnTelegram({ api, clock, token: other.token });
  await host(andy, { group: group.id, words: '@bob_bot what do you think?' });
  await host(bob, { group: group.id, words: '@andy_bot I think so, do you?' });
  await api.waitUntilIdle();
  api.say({ chat: group, from: ann, text: '@andy_bot ask @bob_bot' });
  expect(await ends(api, group, { clock, houses: [andy, bob] })).toBe(2);
  expect(told(api, withAndy) + told(api, withBob)).toBe(0);
});

test('a bot that answers each of ours at once by a reply does not keep us talking', async () => {
  const { api, clock, ann, other, group, withAndy } = await aGroup();
  await using _ = api;
  await using andy = await houseOnTelegram({ api, clock });
  await host(andy, { group: group.id, words: 'Is that so?' });
  const end = new AbortController();
  const call = async (method: string, params: object): Promise<unknown> => {
    const headers = { 'content-type': 'application/json' };
    const url = `${api.url}/bot${other.token}/${method}`;
    const response = await fetch(url, { method: 'POST', headers, body: JSON.stringify(params), signal: end.signal });
    return Object(await response.json()).result;
  };
  const answering = (async () => {
    for (let offset = 0; !end.signal.aborted; ) {
      for (const { update_id, message } of Object((await call('getUpdates', { offset, timeout: 50 })) ?? [])) {
        offset = update_id + 1;
        if (!message?.from?.is_bot) continue;
        const reply_parameters = { message_id: message.message_id };
        await call('sendMessage', { chat_id: group.id, text: 'Yes, and why?', reply_parameters });
      }
    }
  })().catch(() => undefined);
  await api.waitUntilIdle();
  await greets(api, withAndy);
  api.say({ chat: group, from: ann, text: '@andy_bot hello' });
  await tells(() => told(api, withAndy), { clock, houses: [andy] });
  expect(await ends(api, group, { clock, houses: [andy] })).toBeGreaterThan(2);
  expect(told(api, withAndy)).toBe(1);
  expect(told(api, group)).toBe(0);
  end.abort();
  await answering;
});
