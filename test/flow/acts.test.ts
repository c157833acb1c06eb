// One act of a person that a platform sends as several messages, and what a message points at: one turn with all of it.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { RehearsalContext } from '../../src/gateway/rehearsal/conversation.ts';
import { callTool, say } from '../../src/gateway/rehearsal/reply.ts';
import type { IncomingAttachment } from '../../src/model/message.ts';
import { eventually } from '../eventually.ts';
import { type House, openHouse } from '../house.ts';

const photo = (ref: string): IncomingAttachment => ({
  kind: 'photo',
  name: undefined,
  mime: 'image/jpeg',
  size: 3,
  ref,
});
const family = 'tg:-5';

/** What was said in the messages of the prompt, with the files that are there. */
const seen = ({ texts }: RehearsalContext): string[] =>
  [...texts.join('\n').matchAll(/<message [^>]*>(.*?)<\/message>/gs)].map(([, body = '']) =>
    body
      .replace(/<attachment [^>]*>/g, (node) => (node.includes('state=') ? '[missing]' : '[file]'))
      .replace('&#64;', '@'),
  );

async function openFamily(files: readonly string[] = []): Promise<House> {
  const house = await openHouse();
  house.group('family', family);
  house.withStore((store) => store.chats.see({ jid: family, channel: 'tg', name: 'Family', isGroup: true }));
  for (const ref of files) house.channel.files.set(ref, Buffer.from(ref));
  house.rehearsal.script = (context) => say(seen(context).join(' | '));
  return house;
}

test('three pictures with one caption that calls us are one turn with three files', async () => {
  await using house = await openFamily(['a', 'b', 'c']);
  const { channel } = house;
  const album = ['@Andy which is best?', '', ''].map((text, at) =>
    channel.message(family, text, { platformId: `album-${at}`, attachments: [photo('abc'[at] ?? '')] }),
  );
  expect(channel.act(...album).filter((seq) => seq === undefined)).toEqual([]);
  expect(await house.hears(1, { jid: family })).toEqual(['[file]@Andy which is best? | [file] | [file]']);
  // The platform says it all again.
  expect(channel.act(...album)).toEqual([undefined, undefined, undefined]);
  await house.rests();
  expect(house.rehearsal.count).toBe(1);
});

test('the caption may stand on the last picture, and words without a file wait for those of their act', async () => {
  await using house = await openFamily(['a']);
  const { channel } = house;
  channel.act(
    channel.message(family, 'from the garden'),
    channel.message(family, '@Andy what grows here?', { attachments: [photo('a')] }),
  );
  expect(await house.hears(1, { jid: family })).toEqual(['from the garden | [file]@Andy what grows here?']);
});

test('an act that calls nobody wakes nobody', async () => {
  await using house = await openFamily(['a', 'b']);
  const { channel } = house;
  const seqs = channel.act(...['a', 'b'].map((ref) => channel.message(family, '', { attachments: [photo(ref)] })));
  expect(seqs.map((seq) => house.withStore((store) => store.inbox.ofMessage(seq ?? 0)?.wakes))).toEqual([0, 0]);
});

test('a command in an act is done, and the rest of the act is read', async () => {
  await using house = await openHouse();
  const { channel } = house;
  house.rehearsal.script = (context) => say(seen(context).join(' | '));
  channel.act(channel.message('tg:1', '/chatid'), channel.message('tg:1', 'hello'));
  expect((await house.hears(2)).sort()).toEqual(['This chat is `tg:1`.', 'hello']);
});

test('what belongs to a message that called us and comes a moment later reaches the agent at work', async () => {
  await using house = await openFamily(['a']);
  const wait = 'while [ ! -e /workspace/group/go ]; do sleep 0.05; done';
  house.rehearsal.script = (context) =>
    context.toolCalls.length === 0 ? callTool('Bash', { command: wait }) : say(seen(context).join(' | '));
  house.say('@Andy sum this up', { jid: family });
  await house.rehearsal.seen(1, 60_000);
  const late = [
    house.say('[forwarded from Bob]\nthe long story', { jid: family }),
    house.say('', { jid: family, attachments: [photo('a')] }),
  ];
  // Another person’s picture, and a later one of hers, are not part of it.
  const others = [
    house.say('', { jid: family, senderId: 'bob', attachments: [photo('a')] }),
    house.say('', { jid: family, sentAt: 1_700_000_060_000, attachments: [photo('a')] }),
    house.say('and I am at home', { jid: family }),
  ];
  await eventually('the rest to be handed over', () => late.every((seq) => house.state(seq) === 'claimed'));
  const wakes = (seq: number) => house.withStore((store) => store.inbox.ofMessage(seq)?.wakes);
  expect(late.map(wakes)).toEqual([1, 1]);
  expect(others.map(wakes)).toEqual([0, 0, 0]);
  house.touch('groups', 'family', 'go');
  await house.hears(1, { jid: family });
});

test('a picture just before the words that call us is there with them', async () => {
  await using house = await openFamily(['a']);
  house.say('', { jid: family, attachments: [photo('a')] });
  house.say('@Andy what is this?', { jid: family });
  expect(await house.hears(1, { jid: family })).toEqual(['[file] | @Andy what is this?']);
});

test('a reply to a picture brings it along', async () => {
  await using house = await openFamily(['a']);
  const replyTo = { id: 'old-1', sender: 'Bob', text: undefined, attachments: [photo('a')] };
  house.say('@Andy what is this?', { jid: family, replyTo });
  expect(await house.hears(1, { jid: family })).toEqual([
    '<quoted_message from="Bob">[file]</quoted_message>@Andy what is this?',
  ]);
});

test('the picture of somebody who may only be overheard is fetched for whoever may ask, and for nobody else', async () => {
  await using house = await openFamily(['a']);
  const list = { default: { allow: ['ann'], mode: 'trigger' }, chats: {} };
  writeFileSync(join(house.home, 'config', 'sender-allowlist.json'), JSON.stringify(list));
  house.say('', { jid: family, senderId: 'bob', senderName: 'Bob', platformId: 'p1', attachments: [photo('a')] });
  const replyTo = { id: 'p1', sender: undefined, text: undefined };
  house.say('@Andy look', { jid: family, senderId: 'eve', replyTo });
  house.say('@Andy what is this?', { jid: family, replyTo });
  const quoted = (files: string) => `<quoted_message from="Bob">${files}</quoted_message>`;
  expect(await house.hears(1, { jid: family })).toEqual([
    `[missing] | ${quoted('')}@Andy look | ${quoted('[file]')}@Andy what is this?`,
  ]);
});

test('a file that lies in the folder already is named again, not fetched twice', async () => {
  await using house = await openFamily(['a']);
  let fetched = 0;
  const fetch = house.channel.fetch.bind(house.channel);
  house.channel.fetch = (ref, options) => {
    fetched += 1;
    return fetch(ref, options);
  };
  const seq = house.say('look', { jid: family, platformId: 'p1', attachments: [photo('a')] });
  await eventually('the file', () =>
    house.withStore((store) => store.attachments.ofMessage(seq)[0]?.state === 'ready'),
  );
  house.rehearsal.script = (context) => say((context.texts.join().match(/path="[^"]*"/g) ?? []).join(' '));
  // This platform shows no files with a reply; the host knows them.
  house.say('@Andy what is this?', {
    jid: family,
    senderId: 'bob',
    replyTo: { id: 'p1', sender: undefined, text: undefined },
  });
  const path = `path="/workspace/group/attachments/m${seq}-photo.jpg"`;
  expect(await house.hears(1, { jid: family })).toEqual([`${path} ${path}`]);
  expect(fetched).toBe(1);
});

test('a reply to one of our messages holds its words, as they stand now, and calls us', async () => {
  await using house = await openFamily();
  house.rehearsal.script = (context) =>
    say(/<quoted_message.*?<\/quoted_message>/s.exec(context.texts.join())?.[0] ?? 'the first of all');
  house.say('@Andy hello', { jid: family });
  await house.hears(1, { jid: family });
  const [ours] = house.channel.heard;
  await house.rests();
  house.say('what do you mean?', {
    jid: family,
    replyTo: { id: ours?.platformId ?? '', sender: undefined, text: undefined },
  });
  expect((await house.hears(2, { jid: family }))[1]).toBe(
    '<quoted_message from="Andy">the first of all</quoted_message>',
  );
});
