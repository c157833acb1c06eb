import { expect, test } from 'vitest';
import { failureOf, openFaulty } from '../../../test/fixtures/telegram.ts';

test.each([
  // From here all of them look as if they might have been done: the host sends it again, and counts that.
  ['502', 0],
  ['502html', 0],
  ['dropBefore', 0],
  ['dropAfter', 1],
  ['cutAfter', 1],
] as const)('a send that meets %s is left to the host, and can be tried again', async (kind, accepted) => {
  const telegram = await openFaulty();
  const { api } = telegram;
  const { chat } = telegram.ann();
  api.fault({ method: 'sendRichMessage', kind });
  const error = await failureOf(telegram.send(chat, 'hello'));
  expect(error).toMatchObject({ code: 'channel.unsure' });
  expect(api.sent(chat)).toHaveLength(accepted);
  await telegram.send(chat, 'hello');
  expect(api.sent(chat)).toHaveLength(accepted + 1);
});

test('a send ends by its signal, and by a stop', async () => {
  const telegram = await openFaulty();
  const { api, channel } = telegram;
  const { chat } = telegram.ann();
  api.fault({ method: 'sendRichMessage', kind: 'hang', times: 2 });
  const part = { jid: `tg:${chat.id}`, thread: undefined, text: 'x', key: 'k' };
  const giveUp = new AbortController();
  const first = failureOf(channel.send(part, giveUp.signal));
  await api.waitFor('the call', () => api.calls('sendRichMessage').length === 1);
  giveUp.abort();
  expect(await first).toMatchObject({ code: 'channel.unsure' });
  const second = failureOf(channel.send(part, AbortSignal.timeout(30_000)));
  await api.waitFor('the call', () => api.calls('sendRichMessage').length === 2);
  await channel.stop();
  expect(await second).toMatchObject({ code: 'channel.unsure' });
});

test('who has blocked the bot is told as that, and the chat is closed until they come back', async () => {
  const telegram = await openFaulty();
  const { api, channel, events } = telegram;
  const { chat } = telegram.ann();
  const jid = `tg:${chat.id}`;
  api.fault({ method: 'sendRichMessage', kind: '403', description: 'Forbidden: bot was blocked by the user' });
  expect(await failureOf(telegram.send(chat, 'x'))).toMatchObject({
    code: 'channel.refused',
    message: expect.stringContaining('blocked'),
  });
  expect(channel.isOpen(jid)).toBe(false);
  expect(await failureOf(telegram.send(chat, 'x'))).toMatchObject({ code: 'channel.closed' });
  api.say({ chat, text: 'I am back' });
  await api.waitFor('the opening', () => events.opened.includes(jid));
  expect(channel.isOpen(jid)).toBe(true);
  await telegram.send(chat, 'welcome');
});

test('a chat that nobody knows is refused in words a person understands', async () => {
  const telegram = await openFaulty();
  expect(await failureOf(telegram.send({ id: 424_242 }, 'x'))).toMatchObject({
    code: 'channel.refused',
    message: expect.stringContaining('no such chat'),
  });
});

test('a file comes whole, from this server only, and too large is said', async () => {
  const telegram = await openFaulty();
  const { api, channel } = telegram;
  const { chat } = telegram.ann();
  const fetch = (ref: string, maxBytes = 1_000_000) =>
    channel.fetch(ref, { maxBytes, signal: AbortSignal.timeout(30_000) });
  const bytes = Buffer.alloc(200_000, 'nano');
  const { document } = api.say({ chat, document: { bytes, name: 'ä b.bin' } });
  const huge = api.say({ chat, document: { size: 21 * 1024 * 1024, name: 'huge.bin' } }).document;
  const ref = `${document?.file_id} ${document?.file_size}`;
  expect(bytes.equals(await fetch(ref))).toBe(true);
  // Also when nobody said before how large it is.
  expect(await failureOf(fetch(ref, 1000))).toMatchObject({ code: 'channel.refused' });
  expect(await failureOf(fetch(document?.file_id ?? '', 1000))).toMatchObject({ code: 'channel.refused' });
  expect(await failureOf(fetch(huge?.file_id ?? '', 1e9))).toMatchObject({
    code: 'channel.refused',
    message: expect.stringContaining('20 MB'),
  });
  for (const kind of ['dropBefore', 'cutAfter', '502'] as const) {
    api.fault({ method: 'FILE', kind });
    expect(await failureOf(fetch(ref))).toMatchObject({ code: 'channel.unreachable' });
  }
  api.fault({ method: 'FILE', kind: '404' });
  expect(await failureOf(fetch(ref))).toMatchObject({ code: 'channel.refused' });
});

test('a Bot API server that keeps files on its own disk is named, and nothing is asked of it in vain', async () => {
  const telegram = await openFaulty({ localFiles: true });
  const { api, channel } = telegram;
  const { chat } = telegram.ann();
  const { document } = api.say({ chat, document: { bytes: 'x', name: 'a.txt' } });
  const fetched = channel.fetch(document?.file_id ?? '', { maxBytes: 100, signal: AbortSignal.timeout(30_000) });
  const failure = await failureOf(fetched);
  expect(failure).toMatchObject({ code: 'channel.refused', message: expect.stringContaining('--local') });
  expect(String(failure)).not.toContain('/var');
  expect(api.calls('FILE')).toHaveLength(0);
});
