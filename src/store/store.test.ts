import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { headOf } from '../../test/fixtures/head-of.ts';
import { tempDirectory } from '../../test/temp-directory.ts';
import type { InboundMessage } from '../model/message.ts';
import { openDatabase } from './database.ts';
import { lockHome } from './lock.ts';
import { Store } from './store.ts';

const place = { jid: 'tg:1', thread: undefined };

function open(path: string): Store {
  const store = Store.open(join(path, 'messages.db'));
  const group = { folder: 'main', name: 'Main', isMain: true, trigger: '@Andy', requiresTrigger: false };
  store.groups.save({ ...group, model: undefined, egress: 'open-public', allow: [], mounts: [] }, 1);
  store.chats.see({ jid: 'tg:1', channel: 'telegram', name: 'Ann', isGroup: false });
  store.chats.wire('tg:1', 'main');
  return store;
}

function say(store: Store, id: string, more: Partial<InboundMessage> & { wakes?: boolean } = {}): number | undefined {
  const { wakes = true, ...rest } = more;
  const message: InboundMessage = {
    jid: 'tg:1',
    platformId: id,
    kind: 'message',
    revision: 0,
    thread: undefined,
    senderId: '5',
    senderName: 'Ann',
    text: id,
    sentAt: 1,
    mentionsAssistant: false,
    fromOwner: false,
    replyTo: undefined,
    ...rest,
  };
  const seq = store.messages.insertInbound(message, 'member', 1);
  if (seq !== undefined)
    store.inbox.add({ group: 'main', place: { jid: message.jid, thread: message.thread }, message: seq, wakes });
  return seq;
}

test('the same message of a platform is stored once', () => {
  using home = tempDirectory();
  const store = open(home.path);
  expect(say(store, 'a')).toBeTypeOf('number');
  expect(say(store, 'a')).toBeUndefined();
  expect(say(store, 'a', { kind: 'edit', revision: 1 })).toBeTypeOf('number');
  store.close();
});

test('messages with the same or an older instant keep the order in which they came', () => {
  using home = tempDirectory();
  const store = open(home.path);
  say(store, 'first', { sentAt: 100 });
  say(store, 'second', { sentAt: 100 });
  say(store, 'third', { sentAt: 5 });
  const texts = store.inbox
    .waitingAt('main', place, { now: 1 })
    .map((row) => store.messages.get(row.message_seq)?.text);
  expect(texts).toEqual(['first', 'second', 'third']);
  store.close();
});

test('a claim takes one place: other threads and later context wait', () => {
  using home = tempDirectory();
  const store = open(home.path);
  say(store, 'context', { wakes: false });
  say(store, 'wake');
  say(store, 'elsewhere', { thread: '17' });
  say(store, 'after', { wakes: false });
  expect(store.inbox.duePlace('main', 1)).toEqual(place);
  const rows = store.inbox.waitingAt('main', place, { now: 1 });
  expect(rows.map((row) => store.messages.get(row.message_seq)?.text)).toEqual(['context', 'wake']);
  const turnId = store.turns.begin({ group: 'main', place, retryOf: undefined }, 1);
  const input = store.turns.addInput(turnId, () => 'body');
  store.inbox.claim({ turnId, inputId: input.id }, rows);
  expect(store.inbox.waitingAt('main', place, { now: 1 })).toEqual([]);
  expect(store.inbox.duePlace('main', 1)).toEqual({ jid: 'tg:1', thread: '17' });
  expect(store.inbox.finish(turnId, input.id)).toBe(2);
  expect(store.inbox.finish(turnId, input.id)).toBe(0);
  store.close();
});

test('a result is stored once, and what it answers is answered', () => {
  using home = tempDirectory();
  const store = open(home.path);
  const turnId = store.turns.begin({ group: 'main', place, retryOf: undefined }, 1);
  const input = store.turns.addInput(turnId, () => 'body');
  const result = { v: 1 as const, turnId, ordinal: 1, answers: [input.id], status: 'ok' as const, result: 'hi' };
  expect(store.turns.addResult(result, 1)).toBe(true);
  expect(store.turns.addResult(result, 1)).toBe(false);
  expect(store.turns.inputs(turnId).map((one) => one.state)).toEqual(['answered']);
  store.close();
});

test('a message leaves once for each key, part by part in its chat’s order', () => {
  using home = tempDirectory();
  const store = open(home.path);
  const message = { key: 'result:t-1', group: 'main', place, turnId: 't', parts: ['one', 'two'] };
  expect(store.outbox.add(message, 1)).toBe(true);
  expect(store.outbox.add(message, 1)).toBe(false);
  const head = headOf(store, 'tg:1');
  expect(head?.text).toBe('one');
  store.outbox.markSending(head?.id ?? 0);
  store.outbox.requeueSending();
  expect(headOf(store, 'tg:1')).toMatchObject({ text: 'one', state: 'due', attempts: 1 });
  store.outbox.markSent(head?.id ?? 0, '77', 2);
  expect(headOf(store, 'tg:1')?.text).toBe('two');
  store.close();
});

test('what was being sent when the host died is due at once, also after the clock was set back', () => {
  using home = tempDirectory();
  const store = open(home.path);
  store.outbox.add({ key: 'k', group: 'main', place, turnId: 't', parts: ['one'] }, 1);
  const id = headOf(store, 'tg:1')?.id ?? 0;
  store.outbox.again(id, { attempts: 1, at: 86_400_000, failingSince: undefined, error: 'no network' });
  store.outbox.markSending(id);
  store.outbox.requeueSending();
  expect(headOf(store, 'tg:1')).toMatchObject({ state: 'due', nextAttemptAt: 0 });
  store.close();
});

test('a migration runs once, after a copy of the file; a newer file is refused with a sentence', () => {
  using home = tempDirectory();
  const path = join(home.path, 'x.db');
  const first = { version: 1, name: '001-a.sql', sql: 'CREATE TABLE a (x) STRICT' };
  const good = { version: 1, name: '001-a.sql', sql: 'CREATE TABLE a (x INTEGER) STRICT' };
  expect(() => openDatabase(path, [first])).toThrow();
  openDatabase(path, [good]).close();
  const second = {
    version: 2,
    name: '002-b.sql',
    sql: 'CREATE TABLE b (y INTEGER) STRICT; CREATE TABLE a (z INTEGER)',
  };
  expect(() => openDatabase(path, [good, second])).toThrow(/already exists/);
  expect(existsSync(`${path}.before-2`)).toBe(true);
  const db = openDatabase(path, [good]);
  expect(db.prepare("SELECT name FROM sqlite_master WHERE name = 'b'").get()).toBeUndefined();
  db.pragma('user_version = 9');
  db.close();
  expect(() => openDatabase(path, [good])).toThrow(/newer version \(schema 9, here 1\)/);
});

test('the copy before a migration is whole and of that moment, whoever reads meanwhile and whatever lay there', () => {
  using home = tempDirectory();
  const path = join(home.path, 'x.db');
  const first = { version: 1, name: '001-a.sql', sql: 'CREATE TABLE a (x INTEGER) STRICT' };
  const second = { version: 2, name: '002-b.sql', sql: 'CREATE TABLE b (y INTEGER) STRICT' };
  const db = openDatabase(path, [first]);
  db.exec('INSERT INTO a VALUES (1)');
  // Holds up the checkpoint: what is written from now on stands in the log alone.
  db.exec('BEGIN; SELECT * FROM a');
  const writer = openDatabase(path, [first]);
  writer.exec('INSERT INTO a VALUES (2)');
  writer.close();
  writeFileSync(`${path}.before-2`, 'of an earlier time');
  writeFileSync(`${path}.before-2.tmp`, 'cut off');
  openDatabase(path, [first, second]).close();
  db.close();
  const copy = openDatabase(`${path}.before-2`, [first]);
  expect(copy.prepare('SELECT x FROM a ORDER BY x').pluck().all()).toEqual([1, 2]);
  expect(copy.prepare("SELECT name FROM sqlite_master WHERE name = 'b'").get()).toBeUndefined();
  copy.close();
  expect(existsSync(`${path}.before-2.tmp`)).toBe(false);
});

test('one host per home: a second one is refused until the first has gone', () => {
  using home = tempDirectory();
  const path = join(home.path, 'host.lock');
  const lock = lockHome(path);
  expect(() => lockHome(path)).toThrow(/already runs/);
  lock[Symbol.dispose]();
  lockHome(path)[Symbol.dispose]();
});
