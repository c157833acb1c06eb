import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { eventually } from '../../../test/eventually.ts';
import { MemoryPlatform } from '../../../test/fixtures/memory-platform.ts';
import { WindableClock } from '../../../test/windable-clock.ts';
import { NanoclawError } from '../../model/errors.ts';
import { Busy, type ChannelEvents, type OutboundPart } from '../channel.ts';
import { BusyAll, Moved, type Platform } from './platform.ts';

const jid = 'mem:garden';
const place = { jid, thread: undefined };

async function openChannel({ idle = false, ...more }: Partial<Platform> & { idle?: boolean } = {}) {
  const clock = new WindableClock();
  const platform = new MemoryPlatform({ clock, ...more });
  const { channel } = platform;
  const moved: string[][] = [];
  const closed: unknown[] = [];
  const events: ChannelEvents = {
    onMessages: () => [1],
    onSetAside: () => undefined,
    onMoved: (from, to) => moved.push([from, to]),
    onChat: () => undefined,
    onOpen: () => undefined,
    onClosed: (error) => closed.push(error),
  };
  const start = () => channel.start(events, AbortSignal.timeout(60_000));
  if (!idle) await start();
  onTestFinished(() => channel.stop());
  const send = (text: string, part: Partial<OutboundPart> = {}) =>
    channel.send({ ...place, text, key: text.slice(0, 20), ...part }, AbortSignal.timeout(60_000));
  return { clock, platform, channel, start, moved, closed, send };
}

/** The next calls of this name are answered so, in this order; then all is well. */
function failing(platform: MemoryPlatform, call: string, ...errors: Error[]): void {
  platform.fails = (name) => (name.startsWith(call) ? errors.shift() : undefined);
}

test('a wait is for its chat, unless the platform says that it is for all', async () => {
  const { platform, send, clock } = await openChannel();
  failing(platform, 'sendText', new Busy('Memory', 10_000), new BusyAll('Memory', 30_000));
  await expect(send('one')).rejects.toMatchObject({ code: 'channel.busy', retryAfterMs: 10_000 });
  await expect(send('one', { jid: 'mem:park' })).rejects.toBeInstanceOf(BusyAll);
  expect(platform.calls.filter((call) => call === 'sendText')).toHaveLength(2);
  const refusal: unknown = await send('one', { jid: 'mem:lake' }).catch((error: unknown) => error);
  expect(refusal).toBeInstanceOf(Busy);
  expect(refusal).toMatchObject({ retryAfterMs: expect.closeTo(30_000, -3) });
  expect(platform.calls.filter((call) => call === 'sendText')).toHaveLength(2);
  clock.advance(30_000);
  for (const there of [jid, 'mem:park', 'mem:lake']) await send('well', { jid: there });
  expect(platform.posted).toHaveLength(3);
});

test('a longer wait is not shortened by a later, shorter one', async () => {
  const { platform, send, clock, channel } = await openChannel();
  failing(platform, 'sendText', new Busy('Memory', 50_000));
  await expect(send('x')).rejects.toBeInstanceOf(Busy);
  clock.advance(20_000);
  await channel.draft(place, { id: 1, text: 'so' });
  clock.advance(20_000);
  await expect(send('x')).rejects.toBeInstanceOf(Busy);
  expect(platform.calls).toEqual(['connect', 'sendText']);
});

test('typing and the newest draft are left out during a wait and shown after it', async () => {
  const { platform, send, clock, channel } = await openChannel();
  failing(platform, 'sendText', new Busy('Memory', 60_000));
  await expect(send('x')).rejects.toBeInstanceOf(Busy);
  channel.setTyping(jid, undefined, true);
  for (const text of ['so', 'so far', 'so far so good']) await channel.draft(place, { id: 1, text });
  for (let at = 0; at < 14; at += 1) clock.advance(4_000);
  expect(platform.calls).toEqual(['connect', 'sendText']);
  clock.advance(4_000);
  await eventually('both', () => platform.typingShown && platform.calls.length === 4);
  expect(platform.calls.slice(2).toSorted()).toEqual(['draft so far so good', 'typing']);
});

test('a draft that is taken back, or followed by its answer, is not shown after the wait', async () => {
  const { platform, send, clock, channel } = await openChannel();
  for (const end of [() => channel.draft(place, { id: 1, text: '' }), () => send('the answer')]) {
    failing(platform, 'sendText', new Busy('Memory', 60_000));
    await expect(send('x')).rejects.toBeInstanceOf(Busy);
    await channel.draft(place, { id: 1, text: 'so' });
    await end().catch((error: unknown) => expect(error).toBeInstanceOf(Busy));
    clock.advance(59_900);
    await channel.draft(place, { id: 1, text: '' });
    clock.advance(1_000);
    await send('done');
  }
  expect(platform.calls.filter((call) => call.startsWith('draft'))).toEqual([]);
});

test('what is sent faster than the platform documents waits without asking it', async () => {
  const pace = { burst: 3, everyMs: 1_000 };
  const { platform, send, clock } = await openChannel({
    paces: { chat: () => pace, all: { burst: 5, everyMs: 100 } },
  });
  for (const text of ['1', '2', '3']) await send(text);
  const refusal: unknown = await send('4').catch((error: unknown) => error);
  expect(refusal).toBeInstanceOf(Busy);
  for (const text of ['5', '6']) await send(text, { jid: 'mem:park' });
  await expect(send('7', { jid: 'mem:lake' })).rejects.toBeInstanceOf(Busy);
  expect(platform.posted.map(({ text }) => text)).toEqual(['1', '2', '3', '5', '6']);
  clock.advance(1_000);
  await send('4');
  await expect(send('8')).rejects.toBeInstanceOf(Busy);
});

test('a call that is never answered ends by a deadline of its own, and is not sure', async () => {
  const { platform, channel, clock } = await openChannel();
  platform.silent = true;
  const never = new AbortController();
  const sending = channel.send({ ...place, text: 'x', key: 'k' }, never.signal);
  const reacting = channel.react({ jid, platformId: '1', emoji: '👀' }, never.signal);
  const ends = Promise.allSettled([sending, reacting]);
  await eventually('both calls', () => platform.calls.length === 3);
  clock.advance(30_000);
  clock.advance(1_000);
  const unsure = { status: 'rejected', reason: { code: 'channel.unsure' } };
  expect(await ends).toMatchObject([unsure, unsure]);
});

test('a platform that never lets us in is given up after 30 s, and what it does later is nobody’s', async () => {
  const { platform, channel, start, clock } = await openChannel({ idle: true });
  platform.silent = true;
  const started = start().catch((error: unknown) => error);
  await eventually('the login', () => platform.calls.length === 1);
  clock.advance(30_000);
  clock.advance(1_000);
  expect(await started).toMatchObject({ code: 'channel.unreachable' });
  expect(channel.isOpen(jid)).toBe(false);
  platform.silent = false;
  await start();
  expect(channel.isOpen(jid)).toBe(true);
});

test('an answer that names the new id of a chat moves it once, and the same call arrives there', async () => {
  const { platform, send, moved, channel } = await openChannel();
  failing(platform, 'sendText', new Moved('mem:park'));
  await send('hello', { thread: '7' });
  await send('again');
  expect(platform.posted).toMatchObject([
    { jid: 'mem:park', text: 'hello', thread: undefined },
    { jid: 'mem:park', text: 'again' },
  ]);
  platform.push([platform.incoming({ type: 'moved', from: jid, chat: { jid: 'mem:park', name: 'P', isGroup: true } })]);
  expect(moved).toEqual([[jid, 'mem:park']]);
  // What is known of the chat goes with it.
  platform.shut.add('mem:park');
  await expect(send('x')).rejects.toMatchObject({ code: 'channel.refused' });
  expect([jid, 'mem:park'].map((one) => channel.isOpen(one))).toEqual([false, false]);
});

test('a wait moves with its chat', async () => {
  const { platform, send } = await openChannel();
  failing(platform, 'sendText', new Busy('Memory', 60_000));
  await expect(send('x')).rejects.toBeInstanceOf(Busy);
  platform.push([platform.incoming({ type: 'moved', from: jid, chat: { jid: 'mem:park', name: 'P', isGroup: true } })]);
  for (const there of [jid, 'mem:park']) await expect(send('x', { jid: there })).rejects.toBeInstanceOf(Busy);
});

function fileOf(name: string, bytes: string | number) {
  const directory = mkdtempSync(join(tmpdir(), 'kit-'));
  onTestFinished(() => rmSync(directory, { recursive: true }));
  const path = join(directory, 'file');
  writeFileSync(path, typeof bytes === 'string' ? bytes : '');
  if (typeof bytes === 'number') truncateSync(path, bytes);
  return { path, name, mime: undefined };
}

test('a caption that is too long follows its file; a second try does not send the file again', async () => {
  const { platform, send } = await openChannel();
  const file = fileOf('a.txt', 'bytes');
  const buttons = [{ label: 'Ok', value: 'ok' }];
  await send('short', { file, key: 'short' });
  failing(platform, 'sendText', new NanoclawError('channel.unsure', 'lost'));
  const text = 'a caption that is too long';
  await expect(send(text, { file, buttons, key: 'k' })).rejects.toMatchObject({ code: 'channel.unsure' });
  const { platformId } = await send(text, { file, buttons, key: 'k' });
  expect(platform.posted).toMatchObject([
    { text: 'short', file: { name: 'a.txt' } },
    { text: '', file: { name: 'a.txt' }, buttons: [] },
    { text, file: undefined, buttons, id: platformId },
  ]);
});

test.each([
  ['gone', () => ({ path: '/nowhere/at/all', name: 'x.txt', mime: undefined }), /gone/],
  ['empty', () => fileOf('x.txt', ''), /empty/],
  ['too large', () => fileOf('x.txt', 1_000_001), /larger/],
])('a file that is %s is refused before the platform is asked', async (_, file, sentence) => {
  const { platform, send } = await openChannel();
  const error: unknown = await send('x', { file: file() }).catch((failure: unknown) => failure);
  expect(error).toMatchObject({ code: 'channel.refused', message: expect.stringMatching(sentence) });
  expect(platform.calls).toEqual(['connect']);
});

test('typing is repeated for each thread until it is turned off or 10 minutes have passed', async () => {
  const { platform, channel, clock } = await openChannel();
  const shown = (count: number) =>
    eventually(`typing ${count} times`, () => platform.calls.filter((call) => call === 'typing').length === count);
  channel.setTyping(jid, undefined, true);
  channel.setTyping(jid, undefined, true);
  await shown(1);
  clock.advance(4_000);
  await shown(2);
  channel.setTyping(jid, '7', true);
  await shown(3);
  channel.setTyping(jid, undefined, false);
  clock.advance(4_000);
  await shown(4);
  clock.advance(600_000);
  clock.advance(600_000);
  expect(platform.calls.filter((call) => call === 'typing')).toHaveLength(4);
});

test('a connection that the platform ends is told of once it is up', async () => {
  const { platform, closed } = await openChannel();
  platform.lose(new Error('logged out'));
  expect(closed).toMatchObject([{ message: 'logged out' }]);
});

test('a clock that is set back makes nobody wait longer: neither by a pace nor by what the platform asked for', async () => {
  const paces = { chat: () => ({ burst: 2, everyMs: 1_000 }), all: { burst: 30, everyMs: 34 } };
  const { platform, send, clock } = await openChannel({ paces });
  for (const text of ['one', 'two']) await send(text);
  clock.setBack(3_600_000);
  await send('in another chat', { jid: 'mem:park' });
  const paced: unknown = await send('three').catch((error: unknown) => error);
  expect(paced).toMatchObject({ retryAfterMs: expect.closeTo(1_000, -3) });
  clock.advance(2_000);
  failing(platform, 'sendText', new Busy('Memory', 14_000));
  await expect(send('three')).rejects.toBeInstanceOf(Busy);
  clock.setBack(3_600_000);
  await expect(send('three')).rejects.toMatchObject({ retryAfterMs: expect.closeTo(14_000, -3) });
  clock.advance(14_000);
  await send('three');
  expect(platform.posted).toHaveLength(4);
});
