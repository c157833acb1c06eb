import { expect, test } from 'vitest';
import { openBotApi } from '../fixtures/bot-api/bot-api.ts';
import { call, poll } from '../fixtures/bot-api/call.ts';

async function withAnn(options = {}) {
  const api = await openBotApi(options);
  const ann = api.person('Ann', { username: 'ann' });
  return { api, ann, chat: api.privateChat(ann) };
}

test('an update is given again until a later offset confirms it', async () => {
  const { api, chat } = await withAnn();
  await using _ = api;
  const said = ['one', 'two', 'three'].map((text) => api.say({ chat, text }));
  const first = await poll(api);
  expect(first.map((update) => update['message'])).toEqual(said);
  expect(await poll(api)).toEqual(first);
  const [one, two, three] = first.map((update) => update.update_id);
  expect([two, three]).toEqual([Number(one) + 1, Number(one) + 2]);
  expect((await poll(api, { offset: two, limit: 1 })).map((update) => update.update_id)).toEqual([two]);
  expect(api.pendingUpdates).toBe(2);
  expect(await poll(api, { offset: Number(three) + 1 })).toEqual([]);
  expect(api.pendingUpdates).toBe(0);
});

test('a negative offset keeps the newest and forgets the rest', async () => {
  const { api, chat } = await withAnn();
  await using _ = api;
  for (const text of ['one', 'two', 'three']) api.say({ chat, text });
  expect((await poll(api, { offset: -1 })).map((update) => update['message'])).toMatchObject([{ text: 'three' }]);
  expect(api.pendingUpdates).toBe(1);
});

test('a poll that waits is answered by what is said, and an empty one by its own time', async () => {
  const { api, chat } = await withAnn();
  await using _ = api;
  expect(await poll(api, { timeout: 1 })).toEqual([]);
  const waiting = poll(api, { timeout: 50 });
  await api.waitFor('the poll waits', () => api.polling);
  api.say({ chat, text: 'now' });
  api.say({ chat, text: 'and this with it' });
  expect(await waiting).toHaveLength(2);
});

test('a second poller ends the first one with 409', async () => {
  const { api, chat } = await withAnn();
  await using _ = api;
  const first = call(api, 'getUpdates', { timeout: 50 });
  await api.waitFor('the first waits', () => api.polling);
  const second = poll(api, { timeout: 50 });
  expect(await first).toMatchObject({
    status: 409,
    error_code: 409,
    description: expect.stringMatching(/^Conflict: terminated by other/),
  });
  api.say({ chat, text: 'to the second' });
  expect(await second).toHaveLength(1);
});

test('a poller that went away leaves its updates to the next one', async () => {
  const { api, chat } = await withAnn();
  await using _ = api;
  const leaving = new AbortController();
  const gone = poll(api, { timeout: 50 }, leaving.signal).catch(() => 'gone');
  await api.waitFor('the poll waits', () => api.polling);
  leaving.abort();
  expect(await gone).toBe('gone');
  await api.waitFor('the server noticed', () => !api.polling);
  expect(api.calls('getUpdates')).toMatchObject([{ outcome: 'dropped', delivered: false }]);
  api.say({ chat, text: 'kept' });
  expect(await poll(api)).toHaveLength(1);
});

test('only kinds that were asked for are kept, and reactions only when asked for by name', async () => {
  const { api, chat, ann } = await withAnn();
  await using _ = api;
  const { message_id: message } = api.say({ chat, text: 'hello' });
  api.react({ chat, message, emoji: '👍' });
  expect(await poll(api)).toHaveLength(1);
  await call(api, 'getUpdates', { allowed_updates: ['message_reaction'], offset: -1 });
  api.say({ chat, text: 'unheard' });
  api.react({ chat, message, emoji: '👎' });
  const heard = await poll(api);
  expect(heard.slice(1)).toMatchObject([
    {
      message_reaction: {
        user: { id: ann.id },
        old_reaction: [{ type: 'emoji', emoji: '👍' }],
        new_reaction: [{ type: 'emoji', emoji: '👎' }],
      },
    },
  ]);
});

test('while a webhook is set polling is refused, until it is deleted', async () => {
  const { api, chat } = await withAnn();
  await using _ = api;
  api.say({ chat, text: 'old' });
  await call(api, 'setWebhook', { url: 'https://example.com/hook' });
  expect(await call(api, 'getUpdates')).toMatchObject({
    status: 409,
    description: expect.stringMatching(/webhook is active/),
  });
  await call(api, 'deleteWebhook', { drop_pending_updates: true });
  expect(await poll(api)).toEqual([]);
});

test('ten thousand messages are taken in order', async () => {
  const { api, chat } = await withAnn();
  await using _ = api;
  for (let number = 0; number < 10_000; number++) api.say({ chat, text: `m${number}` });
  const texts: string[] = [];
  for (let offset = 0; ; ) {
    const updates = await poll(api, { offset });
    if (updates.length === 0) break;
    for (const update of updates) texts.push(JSON.stringify(update['message']).match(/"m(\d+)"/)?.[1] ?? '');
    offset = Number(updates.at(-1)?.update_id) + 1;
  }
  expect(texts).toEqual(Array.from({ length: 10_000 }, (_, number) => String(number)));
});
