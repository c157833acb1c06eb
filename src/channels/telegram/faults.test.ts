import { expect, onTestFinished, test } from 'vitest';
import { openTelegram, type TelegramOptions, type TelegramUnderTest } from '../../../test/fixtures/telegram.ts';

/** Whatever went wrong, the token stands in no line of the log and in no error. */
async function open(options: TelegramOptions = {}): Promise<TelegramUnderTest> {
  const telegram = await openTelegram(options);
  onTestFinished(async () => {
    await telegram[Symbol.asyncDispose]();
    const said = [...telegram.log, ...telegram.events.closed.map(spelled)].join('\n');
    const secret = options.givenToken ?? telegram.api.token;
    expect(said).not.toContain(secret.split(':')[1] ?? secret);
  });
  return telegram;
}

/** With its causes, as a log would show it. */
function spelled(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return `${error.stack} ${JSON.stringify(error)} ${error.cause === undefined ? '' : spelled(error.cause)}`;
}

async function failure(promise: Promise<unknown>): Promise<unknown> {
  const error: unknown = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(spelled(error)).not.toContain('AAF');
  return error;
}

function withAnn({ api }: TelegramUnderTest) {
  const ann = api.person('Ann');
  return { ann, chat: api.privateChat(ann) };
}

const always = Number.POSITIVE_INFINITY;

test.each(['123456789:AAF-wrong_token_of_nobody_000000', '1:AAF'])(
  'a token that Telegram does not know is refused with the cure: %s',
  async (givenToken) => {
    const telegram = await open({ idle: true, givenToken });
    expect(await failure(telegram.start())).toMatchObject({
      code: 'channel.refused',
      cure: expect.stringContaining('@BotFather'),
    });
    expect(telegram.events.messages).toEqual([]);
  },
);

test('a server that is down when the host starts is found as soon as it is there', async () => {
  const telegram = await open({ idle: true });
  const { api } = telegram;
  const { chat } = withAnn(telegram);
  await api.close();
  const started = telegram.start();
  api.say({ chat, text: 'are you there?' });
  await api.reopen();
  await started;
  await api.waitUntilIdle();
  expect(telegram.events.messages).toMatchObject([{ text: 'are you there?' }]);
  expect(telegram.events.closed).toEqual([]);
});

test('a start that gets no answer ends by its signal', async () => {
  const telegram = await open({ idle: true });
  telegram.api.fault({ method: 'getMe', kind: 'hang', times: always });
  const stopping = new AbortController();
  const started = telegram.channel.start(telegram.events, stopping.signal);
  await telegram.api.waitFor('the question', () => telegram.api.calls('getMe').length > 0);
  stopping.abort();
  expect(await failure(started)).toBeInstanceOf(Error);
  await telegram.channel.stop();
  expect(telegram.api.calls('getUpdates')).toEqual([]);
});

test.each(['502', '502html', '500', '429', 'dropBefore', 'dropAfter', 'cutAfter'] as const)(
  'polling goes on after %s, and nothing is lost or heard twice',
  async (kind) => {
    const telegram = await open();
    const { api, events, clock } = telegram;
    const { chat } = withAnn(telegram);
    await api.waitUntilIdle();
    const fault = api.fault({ method: 'getUpdates', kind, retryAfter: 20 });
    // It strikes the poll after the one that waits now.
    for (const text of ['one', 'two', 'three']) {
      api.say({ chat, text });
      await api.waitFor('a poll', () => fault.hits > 0 || api.pendingUpdates === 0);
    }
    await api.waitFor('the fault', () => fault.hits > 0);
    await api.waitFor('everything taken', () => {
      clock.advance(1_000);
      return api.pendingUpdates === 0;
    });
    expect(events.messages.map((message) => message.text)).toEqual(['one', 'two', 'three']);
    expect(events.closed).toEqual([]);
  },
);

test('a server that goes away and comes back is polled again, and typing or drafts meanwhile harm nobody', async () => {
  const telegram = await open();
  const { api, channel, events, clock } = telegram;
  const { chat } = withAnn(telegram);
  await api.waitUntilIdle();
  await api.close();
  const place = { jid: `tg:${chat.id}`, thread: undefined };
  channel.setTyping(place.jid, undefined, true);
  await channel.draft(place, { id: 1, text: 'so' });
  await channel.react(place.jid, '5', '👀');
  expect(await failure(telegram.send(chat, 'lost?'))).toMatchObject({ code: 'channel.unreachable' });
  api.say({ chat, text: 'hello?' });
  await api.reopen();
  await api.waitFor('the message', () => {
    clock.advance(1_000);
    return events.messages.length === 1;
  });
  await telegram.send(chat, 'here');
  expect(api.sent(chat).map((message) => message.text)).toEqual(['here']);
  expect(events.closed).toEqual([]);
});

test('another program that polls with our token ends the connection, with a clear sentence', async () => {
  const telegram = await open();
  const { api, events, clock } = telegram;
  await api.waitUntilIdle();
  using _other = api.fault({ method: 'getUpdates', kind: '409', times: always });
  const { chat } = withAnn(telegram);
  api.say({ chat, text: 'x' });
  await api.waitFor('the end', () => {
    clock.advance(1_000);
    return events.closed.length > 0;
  });
  expect(events.closed).toMatchObject([{ code: 'channel.conflict', cure: expect.stringContaining('@BotFather') }]);
  expect(api.calls('getUpdates').filter((call) => call.code === 409).length).toBeGreaterThanOrEqual(3);
  await telegram.channel.stop();
});

test('one conflict alone is nobody else', async () => {
  const telegram = await open();
  const { api, events, clock } = telegram;
  await api.waitUntilIdle();
  const fault = api.fault({ method: 'getUpdates', kind: '409', times: 2 });
  const { chat } = withAnn(telegram);
  api.say({ chat, text: 'x' });
  await api.waitFor('both conflicts', () => {
    clock.advance(1_000);
    return fault.hits === 2;
  });
  await api.waitFor('polling', () => {
    clock.advance(1_000);
    return api.polling;
  });
  expect(events.closed).toEqual([]);
});

test('a token that is revoked later ends the connection for good', async () => {
  const telegram = await open();
  const { api, events } = telegram;
  const { chat } = withAnn(telegram);
  await api.waitUntilIdle();
  using _revoked = api.fault({ method: 'getUpdates', kind: '401', times: always });
  api.say({ chat, text: 'x' });
  await api.waitFor('the end', () => events.closed.length > 0);
  expect(events.closed).toMatchObject([{ code: 'channel.refused' }]);
});

test('an update that cannot be stored is offered again until it can, and those after it wait', async () => {
  const telegram = await open();
  const { api, events, clock } = telegram;
  const { chat } = withAnn(telegram);
  let offered = 0;
  events.refuses = (message) => message.text === 'two' && ++offered < 4;
  for (const text of ['one', 'two', 'three']) api.say({ chat, text });
  await api.waitFor('everything stored', () => {
    clock.advance(500);
    return api.pendingUpdates === 0;
  });
  expect(offered).toBe(4);
  expect(events.messages.map((message) => message.text)).toEqual(['one', 'two', 'three']);
});

test('a press that could not be stored is not answered before it is', async () => {
  const telegram = await open();
  const { api, events, clock } = telegram;
  const { chat, ann } = withAnn(telegram);
  const id = await telegram.send(chat, 'Sure?', { buttons: [{ label: 'Yes', value: 'yes' }] });
  let full = true;
  events.refuses = () => full;
  const click = api.click({ chat, message: id, data: 'Yes', from: ann });
  await api.waitFor('the trouble', () => telegram.log.some((line) => line.includes('could not be stored')));
  expect(api.clickAnswer(click)).toBeUndefined();
  full = false;
  await api.waitFor('the answer', () => {
    clock.advance(1_000);
    return api.clickAnswer(click);
  });
  expect(events.messages).toMatchObject([{ kind: 'click', text: 'yes' }]);
});

test('a short wait that Telegram asks for is waited, a long one is left to the host', async () => {
  const telegram = await open();
  const { api } = telegram;
  const { chat } = withAnn(telegram);
  api.fault({ method: 'sendRichMessage', kind: '429', retryAfter: 1 });
  await telegram.send(chat, 'short');
  api.fault({ method: 'sendRichMessage', kind: '429', retryAfter: 90 });
  expect(await failure(telegram.send(chat, 'long'))).toMatchObject({ code: 'channel.busy' });
  expect(api.sent(chat).map((message) => message.text)).toEqual(['short']);
});

test.each([
  ['502', 0],
  ['502html', 0],
  ['dropBefore', 0],
  // Nobody knows: the host sends it again, and counts that.
  ['dropAfter', 1],
  ['cutAfter', 1],
] as const)('a send that meets %s is left to the host, and can be tried again', async (kind, accepted) => {
  const telegram = await open();
  const { api } = telegram;
  const { chat } = withAnn(telegram);
  api.fault({ method: 'sendRichMessage', kind });
  const error = await failure(telegram.send(chat, 'hello'));
  expect(error).toMatchObject({ code: expect.stringMatching(/^channel\.(unreachable|failed)$/) });
  expect(api.sent(chat)).toHaveLength(accepted);
  await telegram.send(chat, 'hello');
  expect(api.sent(chat)).toHaveLength(accepted + 1);
});

test('a send ends by its signal, and by a stop', async () => {
  const telegram = await open();
  const { api, channel } = telegram;
  const { chat } = withAnn(telegram);
  api.fault({ method: 'sendRichMessage', kind: 'hang', times: 2 });
  const part = { jid: `tg:${chat.id}`, thread: undefined, text: 'x', key: 'k' };
  const giveUp = new AbortController();
  const first = failure(channel.send(part, giveUp.signal));
  await api.waitFor('the call', () => api.calls('sendRichMessage').length === 1);
  giveUp.abort();
  expect(await first).toMatchObject({ code: 'channel.unreachable' });
  const second = failure(channel.send(part, AbortSignal.timeout(30_000)));
  await api.waitFor('the call', () => api.calls('sendRichMessage').length === 2);
  await channel.stop();
  expect(await second).toMatchObject({ code: 'channel.unreachable' });
});

test('who has blocked the bot is told as that, and the chat is closed until they come back', async () => {
  const telegram = await open();
  const { api, channel, events } = telegram;
  const { chat } = withAnn(telegram);
  const jid = `tg:${chat.id}`;
  api.fault({ method: 'sendRichMessage', kind: '403', description: 'Forbidden: bot was blocked by the user' });
  expect(await failure(telegram.send(chat, 'x'))).toMatchObject({
    code: 'channel.refused',
    message: expect.stringContaining('blocked'),
  });
  expect(channel.isOpen(jid)).toBe(false);
  expect(await failure(telegram.send(chat, 'x'))).toMatchObject({ code: 'channel.closed' });
  api.say({ chat, text: 'I am back' });
  await api.waitFor('the opening', () => events.opened.includes(jid));
  expect(channel.isOpen(jid)).toBe(true);
  await telegram.send(chat, 'welcome');
});

test('a chat that nobody knows is refused in words a person understands', async () => {
  const telegram = await open();
  expect(await failure(telegram.send({ id: 424_242 }, 'x'))).toMatchObject({
    code: 'channel.refused',
    message: expect.stringContaining('no such chat'),
  });
});

test('a file comes whole, from this server only, and too large is said', async () => {
  const telegram = await open();
  const { api, channel } = telegram;
  const { chat } = withAnn(telegram);
  const fetch = (ref: string, maxBytes = 1_000_000) =>
    channel.fetch(ref, { maxBytes, signal: AbortSignal.timeout(30_000) });
  const bytes = Buffer.alloc(200_000, 'nano');
  const { document } = api.say({ chat, document: { bytes, name: 'ä b.bin' } });
  const huge = api.say({ chat, document: { size: 21 * 1024 * 1024, name: 'huge.bin' } }).document;
  const ref = `${document?.file_id} ${document?.file_size}`;
  expect(bytes.equals(await fetch(ref))).toBe(true);
  // Also when nobody said before how large it is.
  expect(await failure(fetch(ref, 1000))).toMatchObject({ code: 'channel.refused' });
  expect(await failure(fetch(document?.file_id ?? '', 1000))).toMatchObject({ code: 'channel.refused' });
  expect(await failure(fetch(huge?.file_id ?? '', 1e9))).toMatchObject({
    code: 'channel.refused',
    message: expect.stringContaining('20 MB'),
  });
  for (const kind of ['dropBefore', 'cutAfter', '502'] as const) {
    api.fault({ method: 'FILE', kind });
    expect(await failure(fetch(ref))).toMatchObject({ code: 'channel.unreachable' });
  }
  api.fault({ method: 'FILE', kind: '404' });
  expect(await failure(fetch(ref))).toMatchObject({ code: 'channel.refused' });
});
