// A photo, and what is said about it: they reach the agent together, with the file where the agent can open it.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { wireChat } from '../../src/acts/wire-chat.ts';
import type { RehearsalContext } from '../../src/gateway/rehearsal/conversation.ts';
import { callTool, say } from '../../src/gateway/rehearsal/reply.ts';
import type { IncomingAttachment } from '../../src/model/message.ts';
import { eventually } from '../eventually.ts';
import { type House, openHouse } from '../house.ts';

const photo: IncomingAttachment = { kind: 'photo', name: undefined, mime: 'image/jpeg', size: 3, ref: 'cat' };

/** The platform gives files only once the returned function was called. */
function slow(house: House): { open(): void; asked(): number } {
  const { channel } = house;
  const fetch = channel.fetch.bind(channel);
  const waiting: (() => void)[] = [];
  let [open, asked] = [false, 0];
  channel.fetch = async (ref, options) => {
    asked += 1;
    if (!open) await new Promise<void>((resolve) => waiting.push(resolve));
    return fetch(ref, options);
  };
  return {
    open: () => {
      open = true;
      for (const go of waiting) go();
    },
    asked: () => asked,
  };
}

/** What the agent reads of the newest message in which something came. */
const attached = (context: RehearsalContext) => context.texts.join('\n').match(/<attachment [^>]*>/g) ?? [];

test('a photo, and a question about it while it is still being fetched, are one turn with the file in it', async () => {
  await using house = await openHouse();
  const platform = slow(house);
  house.channel.files.set('cat', Buffer.from('meow'));
  house.rehearsal.script = (context) => {
    const [node = ''] = attached(context);
    const path = /path="([^"]*)"/.exec(node)?.[1] ?? 'none';
    if (context.toolCalls.length === 0) return callTool('Bash', { command: `cat ${path}` });
    return say(`${context.person.map((one) => `(${one.text})`).join(' ')} ${context.toolResults[0]} ${node}`);
  };
  const shown = house.say('', { attachments: [photo] });
  await eventually('the platform to be asked', () => platform.asked() === 1);
  house.say('what is this?');
  platform.open();
  const path = `/workspace/group/attachments/m${shown}-photo.jpg`;
  expect(await house.hears(1)).toEqual([
    `() (what is this?) meow <attachment kind="photo" path="${path}" mime="image/jpeg" size="4" />`,
  ]);
  expect(house.rehearsal.count).toBe(2);
  expect(house.sandbox.runs).toHaveLength(1);
});

test('a file that is slow to come: after a minute the agent goes on without it, and finds it later', async () => {
  await using house = await openHouse();
  const platform = slow(house);
  house.channel.files.set('cat', Buffer.from('meow'));
  house.rehearsal.script = (context) => say(attached(context).join() || 'nothing yet');
  const seq = house.say('look!', { attachments: [photo] });
  await eventually('the platform to be asked', () => platform.asked() === 1);
  house.say('and in another thread?', { thread: '17' });
  expect(await house.hears(1)).toEqual(['nothing yet']);
  expect(house.withStore((store) => store.inbox.ofMessage(seq)?.state)).toBe('waiting');
  house.clock.advance(60_000);
  const path = `attachments/m${seq}-photo.jpg`;
  expect((await house.hears(2))[1]).toContain(`state="pending" path="/workspace/group/${path}"`);
  platform.open();
  const there = join(house.home, 'groups', 'main', path);
  await eventually('the file to be there', () => existsSync(there));
  expect(readFileSync(there, 'utf8')).toBe('meow');
});

test('a file that the platform does not give is told of in its words, at once', async () => {
  await using house = await openHouse();
  house.rehearsal.script = (context) => say(`${context.text} ${attached(context).join()}`);
  house.say('look!', { attachments: [{ ...photo, name: 'cat.jpg' }] });
  expect(await house.hears(1)).toEqual([
    'look! <attachment kind="photo" state="failed" name="cat.jpg" mime="image/jpeg" size="3" reason="There is no file cat." />',
  ]);
});

test('while one chat of a group waits for its photo, another is answered', async () => {
  await using house = await openHouse();
  const platform = slow(house);
  house.channel.files.set('cat', Buffer.from('meow'));
  house.group('team', 'tg:9', { requiresTrigger: false });
  house.withStore((store) => {
    wireChat(store, { jid: 'tg:10', folder: 'team', name: 'second', channel: 'telegram' });
  });
  house.rehearsal.script = (context) => say(`re ${context.text}`);
  house.say('photo', { jid: 'tg:9', attachments: [photo] });
  house.say('about it', { jid: 'tg:9' });
  house.say('hello', { jid: 'tg:10' });
  expect(await house.hears(1, { jid: 'tg:10' })).toEqual(['re hello']);
  expect(house.heard('tg:9')).toEqual([]);
  platform.open();
  expect(await house.hears(1, { jid: 'tg:9' })).toEqual(['re about it']);
});

test('a photo sent while the agent works reaches the running agent, with its file', async () => {
  await using house = await openHouse();
  const platform = slow(house);
  house.channel.files.set('cat', Buffer.from('meow'));
  const wait = 'while [ ! -e /workspace/group/go ]; do sleep 0.05; done; cat /workspace/group/attachments/*';
  house.rehearsal.script = (context) =>
    context.toolCalls.length === 0 ? callTool('Bash', { command: wait }) : say(String(context.toolResults[0]));
  house.say('wait for my photo');
  await house.rehearsal.seen(1, 60_000);
  const seq = house.say('here', { attachments: [photo] });
  platform.open();
  await eventually('the photo to be handed over', () =>
    house.withStore((store) => store.inbox.ofMessage(seq)?.state === 'claimed'),
  );
  house.touch('groups', 'main', 'go');
  expect((await house.hears(1))[0]).toBe('meow');
  expect(house.sandbox.runs).toHaveLength(1);
});

test('a host that dies between storing a photo and fetching it fetches it at its next start', async () => {
  await using house = await openHouse();
  slow(house);
  const seq = house.say('look!', { attachments: [photo] });
  await house.close();
  expect(house.withStore((store) => store.attachments.ofMessage(seq))).toMatchObject([{ state: 'pending' }]);
  Reflect.deleteProperty(house.channel, 'fetch');
  house.channel.files.set('cat', Buffer.from('meow'));
  house.rehearsal.script = (context) => say(attached(context).join());
  await house.open();
  expect(await house.hears(1)).toEqual([expect.stringContaining(`attachments/m${seq}-photo.jpg`)]);
});

test('in a group a photo wakes by its caption; one without it is context, and its file is there', async () => {
  await using house = await openHouse();
  house.channel.files.set('cat', Buffer.from('meow'));
  house.group('team', 'tg:9');
  house.rehearsal.script = (context) => say(`${context.person.length} ${attached(context).length}`);
  const overheard = house.say('my cat', { jid: 'tg:9', attachments: [photo] });
  await eventually('the file', () =>
    house.withStore((store) => store.attachments.ofMessage(overheard)[0]?.state === 'ready'),
  );
  expect(house.heard('tg:9')).toEqual([]);
  house.say('@Andy and mine', { jid: 'tg:9', attachments: [photo] });
  expect(await house.hears(1, { jid: 'tg:9' })).toEqual(['2 2']);
});

test('what is said in a chat without a group is neither stored nor fetched', async () => {
  await using house = await openHouse();
  const platform = slow(house);
  house.channel.discover('tg:77', 'Strangers');
  expect(house.channel.say('tg:77', 'look', { attachments: [photo] })).toBeUndefined();
  house.rehearsal.script = () => say('done');
  house.say('hello');
  await house.hears(1);
  expect(platform.asked()).toBe(0);
  expect(house.withStore((store) => store.attachments.due(Number.MAX_SAFE_INTEGER, { perChat: 9, limit: 9 }))).toEqual(
    [],
  );
});
