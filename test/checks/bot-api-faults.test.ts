import { spawn } from 'node:child_process';
import { request } from 'node:http';
import { expect, test } from 'vitest';
import { openBotApi } from '../fixtures/bot-api/bot-api.ts';
import { call, poll } from '../fixtures/bot-api/call.ts';

async function withAnn() {
  const api = await openBotApi();
  return { api, chat: api.privateChat(api.person('Ann')) };
}

test('an error as a fault has no effect, says its code, and is gone after its times', async () => {
  const { api, chat } = await withAnn();
  await using _ = api;
  const flood = api.fault({ method: 'sendMessage', kind: '429', retryAfter: 7, times: 2 });
  api.fault({ method: 'sendMessage', kind: '502' });
  const tries = [];
  for (let n = 0; n < 4; n++) tries.push(await call(api, 'sendMessage', { chat_id: chat.id, text: 'nonce' }));
  expect(tries.map((one) => one.status)).toEqual([429, 429, 502, 200]);
  expect(tries[0]).toMatchObject({
    parameters: { retry_after: 7 },
    description: expect.stringMatching(/retry after 7$/),
  });
  expect(flood.hits).toBe(2);
  expect(api.finalAnswers(chat, 'nonce')).toHaveLength(1);
  expect(api.calls('sendMessage').map((one) => one.outcome)).toEqual(['refused', 'refused', 'refused', 'accepted']);
});

test('dropped before: no effect; dropped after or cut: said, but the bot does not know', async () => {
  const { api, chat } = await withAnn();
  await using _ = api;
  for (const kind of ['dropBefore', 'dropAfter', 'cutAfter'] as const) {
    api.fault({ method: 'sendMessage', kind });
    await expect(call(api, 'sendMessage', { chat_id: chat.id, text: kind })).rejects.toThrow();
  }
  expect(api.sent(chat).map((message) => message.text)).toEqual(['dropAfter', 'cutAfter']);
  expect(api.calls('sendMessage')).toMatchObject([
    { outcome: 'dropped', delivered: false },
    { outcome: 'accepted', delivered: false, messageId: 1 },
    { outcome: 'accepted', delivered: false, messageId: 2 },
  ]);
});

test('a call that hangs ends with its caller or with the server', async () => {
  const { api, chat } = await withAnn();
  await using _ = api;
  api.fault({ method: 'sendMessage', kind: 'hang' });
  api.fault({ method: 'sendMessage', kind: 'hangAfter' });
  const leaving = new AbortController();
  const params = { chat_id: chat.id, text: 'x' };
  const first = call(api, 'sendMessage', params, leaving.signal).catch(() => 'left');
  await api.waitFor('it hangs', () => api.log.length === 1);
  leaving.abort();
  expect(await first).toBe('left');
  const second = call(api, 'sendMessage', params).catch(() => 'cut');
  await api.waitFor('it was said', () => api.sent(chat).length === 1);
  await api.close();
  expect(await second).toBe('cut');
  expect(api.log).toMatchObject([
    { outcome: 'dropped', delivered: false },
    { outcome: 'accepted', delivered: false },
  ]);
});

test('a fault can wait for its call, and ends when it is disposed', async () => {
  const { api, chat } = await withAnn();
  await using _ = api;
  api.fault({ method: '*', kind: '400', match: (params) => params['text'] === 'bad' });
  const endless = api.fault({ method: 'getMe', kind: '401', after: 1, times: Number.POSITIVE_INFINITY });
  const says = async (text: string) => (await call(api, 'sendMessage', { chat_id: chat.id, text })).status;
  expect([await says('good'), await says('bad'), await says('bad')]).toEqual([200, 400, 200]);
  const statuses = async () => (await call(api, 'getMe')).status;
  expect([await statuses(), await statuses(), await statuses()]).toEqual([200, 401, 401]);
  endless[Symbol.dispose]();
  expect(await statuses()).toBe(200);
});

test('a server that was down comes back on its port and has forgotten nothing', async () => {
  const { api, chat } = await withAnn();
  await using _ = api;
  const waiting = poll(api, { timeout: 50 }).catch(() => 'cut');
  await api.waitFor('the poll waits', () => api.polling);
  await api.close();
  expect(await waiting).toBe('cut');
  await expect(call(api, 'getMe')).rejects.toThrow();
  api.say({ chat, text: 'said while it was down' });
  await api.reopen();
  expect(await poll(api)).toMatchObject([{ message: { text: 'said while it was down' } }]);
});

test('a caller that dies in the middle of its request has said nothing', async () => {
  const { api, chat } = await withAnn();
  await using _ = api;
  const headers = { 'content-type': 'application/json', 'content-length': 500 };
  const dying = request(`${api.url}/bot${api.token}/sendMessage`, { method: 'POST', headers });
  dying.on('error', () => undefined);
  dying.write(`{"chat_id": ${chat.id}, "text": "half`, () => dying.destroy());
  await api.waitFor('it is logged', () => api.log.length === 1);
  expect(api.log).toMatchObject([{ method: 'sendMessage', outcome: 'dropped', delivered: false }]);
  expect(api.sent(chat)).toEqual([]);
});

test('a caller that dies before it reads the answer has said it', async () => {
  const { api, chat } = await withAnn();
  await using _ = api;
  const dying = request(`${api.url}/bot${api.token}/sendMessage?chat_id=${chat.id}&text=last+words`);
  dying.on('error', () => undefined);
  dying.end(() => dying.destroy());
  const [message] = await api.waitFor(
    'it is said',
    () => api.finalAnswers(chat, 'last words').length > 0 && api.sent(chat),
  );
  expect(message?.text).toBe('last words');
  expect(api.log).toMatchObject([{ outcome: 'accepted', messageId: 1 }]);
});

test('a bot that is killed has said exactly what the log says, and its updates wait for the next one', async () => {
  const { api, chat } = await withAnn();
  await using _ = api;
  const place = `${api.url}/bot${api.token}`;
  const talk = `const place = '${place}'; fetch(place + '/getUpdates?timeout=50');
    for (let n = 0; ; n++) await fetch(place + '/sendMessage?chat_id=${chat.id}&text=word' + n);`;
  const bot = spawn(process.execPath, ['--input-type=module', '-e', talk], { stdio: 'ignore' });
  await api.waitFor('it talks and polls', () => api.polling && api.sent(chat).length > 50);
  bot.kill('SIGKILL');
  await api.waitFor('its poll has ended', () => !api.polling);
  api.say({ chat, text: 'are you there?' });
  expect(await poll(api)).toMatchObject([{ message: { text: 'are you there?' } }]);
  const accepted = api.calls('sendMessage').filter((one) => one.outcome === 'accepted');
  expect(api.sent(chat).map((message) => message.id)).toEqual(accepted.map((one) => one.messageId));
  for (const one of accepted) expect(api.finalAnswers(chat, new RegExp(`^${one.params['text']}$`))).toHaveLength(1);
});
