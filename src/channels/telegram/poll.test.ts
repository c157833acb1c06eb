import { expect, test } from 'vitest';
import { failureOf, openFaulty } from '../../../test/fixtures/telegram.ts';

const always = Number.POSITIVE_INFINITY;

test.each(['123456789:AAF-wrong_token_of_nobody_000000', '1:AAF'])(
  'a token that Telegram does not know is refused with the cure: %s',
  async (givenToken) => {
    const telegram = await openFaulty({ idle: true, givenToken });
    expect(await failureOf(telegram.start())).toMatchObject({
      code: 'channel.refused',
      cure: expect.stringContaining('@BotFather'),
    });
    expect(telegram.events.messages).toEqual([]);
  },
);

test('a server that is down when the host starts is found as soon as it is there', async () => {
  const telegram = await openFaulty({ idle: true });
  const { api } = telegram;
  const { chat } = telegram.ann();
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
  const telegram = await openFaulty({ idle: true });
  telegram.api.fault({ method: 'getMe', kind: 'hang', times: always });
  const stopping = new AbortController();
  const started = telegram.channel.start(telegram.events, stopping.signal);
  await telegram.api.waitFor('the question', () => telegram.api.calls('getMe').length > 0);
  stopping.abort();
  expect(await failureOf(started)).toBeInstanceOf(Error);
  await telegram.channel.stop();
  expect(telegram.api.calls('getUpdates')).toEqual([]);
});

test.each(['502', '502html', '500', '429', 'dropBefore', 'dropAfter', 'cutAfter'] as const)(
  'polling goes on after %s, and nothing is lost or heard twice',
  async (kind) => {
    const telegram = await openFaulty();
    const { api, events, clock } = telegram;
    const { chat } = telegram.ann();
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
  const telegram = await openFaulty();
  const { api, channel, events, clock } = telegram;
  const { chat } = telegram.ann();
  await api.waitUntilIdle();
  await api.close();
  const place = { jid: `tg:${chat.id}`, thread: undefined };
  channel.setTyping(place.jid, undefined, true);
  await channel.draft(place, { id: 1, text: 'so' });
  const reaction = { jid: place.jid, platformId: '5', emoji: '👀' };
  await expect(channel.react(reaction, AbortSignal.timeout(10_000))).rejects.toMatchObject({
    code: 'channel.unreachable',
  });
  expect(await failureOf(telegram.send(chat, 'lost?'))).toMatchObject({ code: 'channel.unreachable' });
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
  const telegram = await openFaulty();
  const { api, events, clock } = telegram;
  await api.waitUntilIdle();
  using _other = api.fault({ method: 'getUpdates', kind: '409', times: always });
  const { chat } = telegram.ann();
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
  const telegram = await openFaulty();
  const { api, events, clock } = telegram;
  await api.waitUntilIdle();
  const fault = api.fault({ method: 'getUpdates', kind: '409', times: 2 });
  const { chat } = telegram.ann();
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
  const telegram = await openFaulty();
  const { api, events } = telegram;
  const { chat } = telegram.ann();
  await api.waitUntilIdle();
  using _revoked = api.fault({ method: 'getUpdates', kind: '401', times: always });
  api.say({ chat, text: 'x' });
  await api.waitFor('the end', () => events.closed.length > 0);
  expect(events.closed).toMatchObject([{ code: 'channel.refused' }]);
});

test('an update that cannot be stored is offered again until it can, and those after it wait', async () => {
  const telegram = await openFaulty();
  const { api, events, clock } = telegram;
  const { chat } = telegram.ann();
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
  const telegram = await openFaulty();
  const { api, events, clock } = telegram;
  const { chat, ann } = telegram.ann();
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

test.each(['getMe', 'deleteWebhook'])(
  'a login whose %s is never answered ends by itself and can be tried again',
  async (method) => {
    const telegram = await openFaulty({ idle: true });
    const { api, clock } = telegram;
    const hang = api.fault({ method, kind: 'hang' });
    const started = failureOf(telegram.channel.start(telegram.events, new AbortController().signal));
    await api.waitFor('the call', () => hang.hits > 0);
    clock.advance(30_000);
    clock.advance(1_000);
    expect(await started).toMatchObject({ code: 'channel.unreachable' });
    await telegram.start();
    await api.waitUntilIdle();
  },
);

test('a menu that is never taken holds up nobody', async () => {
  const telegram = await openFaulty({ idle: true, commands: [{ name: 'status', description: 'what I do' }] });
  const { api, events } = telegram;
  api.fault({ method: 'setMyCommands', kind: 'hang', times: always });
  await telegram.start();
  api.say({ chat: telegram.ann().chat, text: 'hi' });
  await api.waitFor('the message', () => events.messages.length === 1);
  await telegram.channel.stop();
});

test('a poll that is never answered is given up and asked again, and meanwhile it is said what is wrong', async () => {
  const telegram = await openFaulty();
  const { api, events, clock, channel } = telegram;
  const { chat } = telegram.ann();
  await api.waitUntilIdle();
  const hang = api.fault({ method: 'getUpdates', kind: 'hang' });
  api.say({ chat, text: 'one' });
  await api.waitFor('the silence', () => hang.hits > 0);
  api.say({ chat, text: 'two' });
  expect(channel.trouble).toBeUndefined();
  clock.advance(40_000);
  clock.advance(1_000);
  await api.waitFor('the trouble', () => channel.trouble?.includes('Telegram'));
  clock.advance(1_000);
  await api.waitFor('both', () => events.messages.length === 2);
  expect(channel.trouble).toBeUndefined();
});

test('a press whose answer is never taken is heard, and so is what comes after it', async () => {
  const telegram = await openFaulty();
  const { api, events } = telegram;
  const { chat, ann } = telegram.ann();
  const id = await telegram.send(chat, 'Sure?', { buttons: [{ label: 'Yes', value: 'yes' }] });
  api.fault({ method: 'answerCallbackQuery', kind: 'hang', times: always });
  api.click({ chat, message: id, data: 'Yes', from: ann });
  api.say({ chat, text: 'hello?' });
  await api.waitFor('both', () => events.messages.length === 2);
  await telegram.channel.stop();
});

const picture = { bytes: Buffer.from('a picture') };

test('an album that is not whole when the host dies comes whole to the next one; nothing is confirmed before', async () => {
  const telegram = await openFaulty();
  const { api, events, clock, channel } = telegram;
  const { chat } = telegram.ann();
  await api.waitUntilIdle();
  api.say({ chat, photo: picture, text: 'us', mediaGroup: '7' });
  api.say({ chat, photo: picture, mediaGroup: '7' });
  await api.waitFor('another question', () => api.calls('getUpdates').length > 2);
  expect(events.messages).toEqual([]);
  await channel.stop();
  expect(api.pendingUpdates).toBe(2);
  api.say({ chat, photo: picture, mediaGroup: '7' });
  await telegram.start();
  await api.waitFor('the album', () => {
    clock.advance(100);
    return events.messages.length === 3;
  });
  await api.waitUntilIdle();
  expect(events.messages.map(({ text, attachments }) => [text, attachments?.length])).toEqual([
    ['us', 1],
    ['', 1],
    ['', 1],
  ]);
});

test('while an album is gathered another chat is heard, and its messages are confirmed only after the album', async () => {
  const telegram = await openFaulty();
  const { api, events, clock } = telegram;
  const { chat } = telegram.ann();
  const bob = api.privateChat(api.person('Bob'));
  await api.waitUntilIdle();
  api.say({ chat, photo: picture, mediaGroup: '7' });
  await api.waitFor('another question', () => api.calls('getUpdates').length > 1);
  api.say({ chat: bob, text: 'hello' });
  await api.waitFor('Bob', () => {
    clock.advance(20);
    return events.messages.length > 0;
  });
  expect(events.messages.map(({ text }) => text)).toEqual(['hello']);
  expect(api.pendingUpdates).toBe(2);
  clock.advance(3_000);
  await api.waitUntilIdle();
  expect(events.messages.map(({ text }) => text)).toEqual(['hello', '']);
});

test('a message that nobody can take is set aside after five tries, and others flow meanwhile', async () => {
  const telegram = await openFaulty();
  const { api, events, clock } = telegram;
  const { chat } = telegram.ann();
  const bob = api.privateChat(api.person('Bob'));
  events.breaks = ({ text }) => text === 'poison';
  for (const text of ['poison', 'behind it']) api.say({ chat, text });
  api.say({ chat: bob, text: 'hello' });
  await api.waitFor('Bob', () => events.messages.length === 1);
  expect(events.messages).toMatchObject([{ text: 'hello' }]);
  await api.waitFor('the rest', () => {
    clock.advance(500);
    return api.pendingUpdates === 0;
  });
  expect(events.setAside.map(([message]) => message?.text)).toEqual(['poison']);
  expect(events.messages.map(({ text }) => text)).toEqual(['hello', 'behind it']);
});
