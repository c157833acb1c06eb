import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { expect, onTestFinished, test } from 'vitest';
import { adminLineLimit } from '../../protocol/admin.ts';
import { systemClock } from '../lib/clock.ts';
import { NanoclawError } from '../model/errors.ts';
import { connectAdmin } from './client.ts';
import type { AdminConnection, AdminHandlers } from './handlers.ts';
import { AdminServer } from './server.ts';

function directory(): string {
  const made = mkdtempSync(join(tmpdir(), 'admin-'));
  onTestFinished(() => rmSync(made, { recursive: true, force: true }));
  return made;
}

const refuse = () => {
  throw new Error('not in this test');
};

async function serve(some: Partial<AdminHandlers>, path = join(directory(), 'data', 'admin.sock')) {
  const handlers: AdminHandlers = {
    status: refuse,
    stop: () => ({}),
    'groups.list': () => [],
    'groups.add': refuse,
    'groups.wire': refuse,
    'groups.unwire': refuse,
    'groups.set': refuse,
    'groups.remove': refuse,
    pair: refuse,
    why: refuse,
    'tasks.list': () => [],
    'tasks.show': refuse,
    'tasks.add': refuse,
    'tasks.pause': refuse,
    'tasks.resume': refuse,
    'tasks.cancel': refuse,
    'tasks.run': refuse,
    usage: refuse,
    'chats.list': () => [],
    'messages.list': () => [],
    'chat.attach': refuse,
    'chat.say': ({ text }) => ({ message: String(text.length) }),
    'chat.settled': () => ({ state: 'done' }),
    'chat.printed': () => ({}),
    ...some,
  };
  const server = new AdminServer({ path, handlers, log: pino({ level: 'silent' }), clock: systemClock });
  await server.start();
  onTestFinished(() => server.stop());
  return server;
}

async function client(server: AdminServer) {
  const connected = await connectAdmin(server.path);
  onTestFinished(() => connected.close());
  return connected;
}

test('the socket and the directory made for it are the owner’s alone', async () => {
  const server = await serve({});
  expect(statSync(server.path).mode & 0o777).toBe(0o600);
  expect(statSync(join(server.path, '..')).mode & 0o777).toBe(0o700);
  expect(readdirSync(join(server.path, '..'))).toEqual(['admin.sock']);
});

test('each call gets its own reply, whatever their order', async () => {
  const held: (() => void)[] = [];
  const server = await serve({
    'chat.settled': () => new Promise((resolve) => held.push(() => resolve({ state: 'done' }))),
  });
  const admin = await client(server);
  const settled = admin.call('chat.settled', { message: 'm1' });
  expect(await admin.call('chat.say', { text: 'four' })).toEqual({ message: '4' });
  for (const release of held) release();
  expect(await settled).toEqual({ state: 'done' });
});

test('defaults are filled in before the handler sees them, wrong parameters never reach it', async () => {
  const seen: unknown[] = [];
  const server = await serve({
    'messages.list': (params) => {
      seen.push(params);
      return [];
    },
  });
  const admin = await client(server);
  await admin.call('messages.list', { chat: 'tg:1' });
  await expect(admin.call('messages.list', { chat: 'tg:1', limit: 0 })).rejects.toMatchObject({
    code: 'admin.invalid',
  });
  expect(seen).toEqual([{ chat: 'tg:1', limit: 50 }]);
});

test('a refusal arrives with its code, sentence and cure; any other failure without its insides', async () => {
  const server = await serve({
    'groups.unwire': () => {
      throw new NanoclawError('group.unknown', 'No such chat.', { cure: 'See: nanoclaw chats list.' });
    },
  });
  const admin = await client(server);
  await expect(admin.call('groups.unwire', { jid: 'tg:1' })).rejects.toMatchObject({
    code: 'group.unknown',
    message: 'No such chat. See: nanoclaw chats list.',
  });
  await expect(admin.call('status', {})).rejects.toMatchObject({ code: 'host.failed' });
});

test('events keep their place among the replies', async () => {
  const heard: string[] = [];
  const server = await serve({
    'chat.say': ({ text }, connection) => {
      void connection.emit({ event: 'message', jid: 'terminal:main', key: text, text: `heard ${text}` });
      return { message: 'm1' };
    },
  });
  const admin = await client(server);
  using _ = admin.onEvent((event) => heard.push(event.event === 'message' ? event.text : ''));
  await admin.call('chat.say', { text: 'one' }).then(() => heard.push('replied'));
  expect(heard).toEqual(['heard one', 'replied']);
});

test('a handler learns that its client is gone', async () => {
  let connection: AdminConnection | undefined;
  const server = await serve({
    'chat.settled': (_, from) => {
      connection = from;
      return new Promise((resolve) => from.signal.addEventListener('abort', () => resolve({ state: 'dead' })));
    },
  });
  const admin = await client(server);
  const call = admin.call('chat.settled', { message: 'm1' });
  await expect.poll(() => connection).toBeDefined();
  admin.close();
  await expect(call).rejects.toMatchObject({ code: 'admin.closed' });
  await expect.poll(() => connection?.signal.aborted).toBe(true);
});

test('stopping sends the last replies, hangs up and removes the file', async () => {
  const stop: { now?: () => Promise<void> } = {};
  const server = await serve({
    stop: () => {
      void stop.now?.();
      return {};
    },
  });
  stop.now = () => server.stop();
  const admin = await client(server);
  expect(await admin.call('stop', {})).toEqual({});
  await admin.closed;
  expect(existsSync(server.path)).toBe(false);
  await expect(admin.call('stop', {})).rejects.toMatchObject({ code: 'admin.closed' });
  await expect(connectAdmin(server.path)).rejects.toMatchObject({ code: 'admin.not-running' });
});

test('a second host is refused, a socket file that nobody answers on is replaced', async () => {
  const first = await serve({});
  await expect(serve({}, first.path)).rejects.toMatchObject({ code: 'admin.in-use' });

  const path = join(directory(), 'admin.sock');
  // A name of a socket whose owner was killed: bound elsewhere and moved, so that closing cannot remove it.
  const killed = createServer();
  await new Promise<void>((resolve) => killed.listen(`${path}.old`, resolve));
  renameSync(`${path}.old`, path);
  await new Promise((resolve) => killed.close(resolve));
  expect(existsSync(path)).toBe(true);
  await expect(connectAdmin(path)).rejects.toMatchObject({ code: 'admin.not-running' });
  await client(await serve({}, path));
});

test('a file that is no socket is left alone', async () => {
  const path = join(directory(), 'admin.sock');
  writeFileSync(path, 'mine');
  chmodSync(path, 0o600);
  await expect(serve({}, path)).rejects.toMatchObject({ code: 'admin.in-use' });
});

test('ten megabytes go through in one line; over the limit nothing is sent and the reason is a sentence', async () => {
  const admin = await client(await serve({}));
  expect(await admin.call('chat.say', { text: 'é'.repeat(5 * 1024 * 1024) })).toEqual({ message: '5242880' });
  const over = admin.call('chat.say', { text: 'x'.repeat(adminLineLimit) });
  await expect(over).rejects.toMatchObject({ code: 'admin.too-long' });
  expect(await admin.call('chat.say', { text: 'x' })).toEqual({ message: '1' });
});

test('an answer over the limit is refused, the connection goes on', async () => {
  const huge = 'x'.repeat(adminLineLimit);
  const server = await serve({ 'chat.say': ({ text }) => ({ message: text === 'huge' ? huge : text }) });
  const admin = await client(server);
  await expect(admin.call('chat.say', { text: 'huge' })).rejects.toMatchObject({ code: 'admin.too-long' });
  expect(await admin.call('chat.say', { text: 'small' })).toEqual({ message: 'small' });
});

test('whoever writes nonsense is hung up on, the others are served', async () => {
  const server = await serve({});
  for (const nonsense of ['hello\n', '{"id":"x"}\n', 'null\n', `${'x'.repeat(adminLineLimit + 1)}`]) {
    const socket = connect(server.path);
    const failures: Error[] = [];
    socket.on('error', (error) => failures.push(error));
    socket.write(nonsense);
    await new Promise((resolve) => socket.once('close', resolve));
  }
  const admin = await client(server);
  expect(await admin.call('groups.list', {})).toEqual([]);
});

test('a home with too long a path is refused with a cure', async () => {
  const deep = join(directory(), 'x'.repeat(110));
  mkdirSync(deep);
  await expect(serve({}, join(deep, 'admin.sock'))).rejects.toMatchObject({ code: 'admin.path-too-long' });
});
