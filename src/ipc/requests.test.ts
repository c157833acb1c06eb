import { randomUUID } from 'node:crypto';
import {
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { beforeEach, expect, test } from 'vitest';
import { z } from 'zod';
import { tempDirectory } from '../../test/temp-directory.ts';
import { systemClock } from '../lib/clock.ts';
import { createLog } from '../lib/log.ts';
import type { Group } from '../model/group.ts';
import { Store } from '../store/store.ts';
import { defineTool } from '../tools/tool.ts';
import { Mailbox } from './mailbox.ts';
import { Requests } from './requests.ts';

const log = createLog('silent', process.stdout);
const group: Group = {
  folder: 'team',
  name: 'Team',
  isMain: false,
  trigger: '@Andy',
  requiresTrigger: true,
  model: undefined,
  egress: 'llm-only',
  allow: [],
  mounts: [],
};
const asker = { group, runId: 'run-1', place: undefined, turnId: undefined, ended: false };

let done: string[] = [];
beforeEach(() => {
  done = [];
});

const note = defineTool({
  requestType: 'note',
  input: z.object({ text: z.string().min(1) }),
  handle(input, caller) {
    done.push(`${caller.group.folder}: ${input.text}`);
    if (input.text === 'explode') throw new Error('boom');
    return { ok: true, result: input.text };
  },
});

class Box implements Disposable {
  readonly #home = tempDirectory();
  readonly path = join(this.#home.path, 'team');
  readonly store = Store.open(join(this.#home.path, 'db', 'messages.db'));
  readonly mailbox = new Mailbox({ root: this.#home.path, folder: 'team', owner: undefined, log, now: () => 7 });
  readonly requests = new Requests({ store: this.store, clock: systemClock, log, tools: new Map([['note', note]]) });

  constructor() {
    this.mailbox.prepare();
  }

  get errors(): string {
    return join(this.#home.path, 'errors');
  }

  drop(place: 'messages' | 'tasks', name: string, body: unknown): void {
    const path = join(this.path, place, name);
    writeFileSync(`${path}.tmp`, typeof body === 'string' ? body : JSON.stringify(body));
    renameSync(`${path}.tmp`, path);
  }

  ask(text: string, id: string = randomUUID()): string {
    this.drop('messages', `${id}.json`, { type: 'note', id, text });
    return id;
  }

  serve(): boolean {
    return this.requests.serve(this.mailbox, asker) > 0;
  }

  damage(sql: string): void {
    const db = new Database(join(this.#home.path, 'db', 'messages.db'));
    db.exec(sql);
    db.close();
  }

  reply(id: string): unknown {
    return JSON.parse(readFileSync(join(this.path, 'replies', `${id}.json`), 'utf8'));
  }

  [Symbol.dispose](): void {
    this.store.close();
    this.#home[Symbol.dispose]();
  }
}

test('a request is done once and its reply is given until it was read', () => {
  using box = new Box();
  const id = box.ask('hello');
  expect(box.serve()).toBe(true);
  expect(box.reply(id)).toEqual({ ok: true, result: 'hello' });
  rmSync(join(box.path, 'replies', `${id}.json`));
  box.serve();
  expect(box.reply(id)).toEqual({ ok: true, result: 'hello' });
  expect(done).toEqual(['team: hello']);
  writeFileSync(join(box.path, 'acks', id), '');
  box.serve();
  for (const place of ['messages', 'replies', 'acks']) expect(readdirSync(join(box.path, place))).toEqual([]);
});

test('when the container has ended, what it asked for is done and nothing is left lying', () => {
  using box = new Box();
  for (let n = 0; n < 20; n++) box.ask(`note ${n}`);
  mkdirSync(join(box.path, 'messages', 'directory.json'));
  box.requests.serve(box.mailbox, { ...asker, ended: true });
  expect(done).toHaveLength(20);
  expect(readdirSync(join(box.path, 'messages'))).toEqual(['directory.json']);
  expect(box.requests.serve(box.mailbox, { ...asker, ended: true })).toBe(0);
  expect(readdirSync(join(box.path, 'replies'))).toEqual([]);
});

test('an id used again for something else is refused', () => {
  using box = new Box();
  const id = box.ask('one');
  box.serve();
  box.ask('two', id);
  box.serve();
  expect(box.reply(id)).toMatchObject({ ok: false, error: { code: 'id_reused' } });
  expect(done).toEqual(['team: one']);
});

test('what cannot be done is said in words a model can act on, and changes nothing', () => {
  using box = new Box();
  const empty = box.ask('');
  const failing = box.ask('explode');
  const unknown = randomUUID();
  box.drop('tasks', `${unknown}.json`, { type: 'fly', id: unknown });
  box.serve();
  expect(box.reply(empty)).toMatchObject({
    ok: false,
    error: { code: 'invalid_arguments', message: expect.stringContaining('text') },
  });
  expect(box.reply(failing)).toMatchObject({ ok: false, error: { code: 'failed' } });
  expect(box.reply(unknown)).toMatchObject({ ok: false, error: { code: 'unknown_request' } });
});

test('a request dropped by hand without an id is done once, by name and content', () => {
  using box = new Box();
  box.drop('messages', '1-hand.json', { type: 'note', text: 'by hand' });
  box.serve();
  expect(readdirSync(join(box.path, 'messages'))).toEqual([]);
  box.drop('messages', '1-hand.json', { type: 'note', text: 'by hand' });
  box.serve();
  expect(done).toEqual(['team: by hand']);
  box.drop('messages', '1-hand.json', { type: 'note', text: 'something else' });
  box.serve();
  expect(done).toHaveLength(2);
});

test('half-written files are left alone, nonsense is put aside where a person can see it', () => {
  using box = new Box();
  writeFileSync(join(box.path, 'messages', 'x.json.tmp'), '{');
  box.drop('messages', 'bad.json', '{"type":');
  box.drop('messages', 'worse.json', '[1]');
  expect(box.serve()).toBe(true);
  expect(readdirSync(join(box.path, 'messages'))).toEqual(['x.json.tmp']);
  expect(readdirSync(box.errors).map((name) => name.replace(/^\d+-/, ''))).toEqual([
    'team-bad.json',
    'team-worse.json',
  ]);
});

test('no more than a hundred refused files are kept', () => {
  using box = new Box();
  for (let n = 0; n < 130; n++) box.drop('tasks', `bad-${String(n).padStart(3, '0')}.json`, 'x');
  while (box.mailbox.takeMore() || box.serve() || readdirSync(join(box.path, 'tasks')).length > 0);
  const kept = readdirSync(box.errors);
  expect(kept).toHaveLength(100);
  expect(kept.at(-1)).toContain('bad-129');
});

test('links, second names and directories in a place are refused and nothing outside is touched', () => {
  using box = new Box();
  using outside = tempDirectory();
  const secret = join(outside.path, 'secret.json');
  const text = JSON.stringify({ type: 'note', text: 'outside' });
  writeFileSync(secret, text);
  symlinkSync(secret, join(box.path, 'messages', 'a-link.json'));
  linkSync(secret, join(box.path, 'messages', 'b-second-name.json'));
  mkdirSync(join(box.path, 'messages', 'c-directory.json'));
  box.ask('legitimate');
  box.serve();
  expect(done).toEqual(['team: legitimate']);
  expect(readFileSync(secret, 'utf8')).toBe(text);
  rmSync(join(box.path, 'tasks'), { recursive: true });
  symlinkSync(outside.path, join(box.path, 'tasks'));
  box.serve();
  expect(readFileSync(secret, 'utf8')).toBe(text);
  expect(done).toEqual(['team: legitimate']);
  box.mailbox.prepare();
  expect(readFileSync(secret, 'utf8')).toBe(text);
  const id = randomUUID();
  box.drop('tasks', `${id}.json`, { type: 'note', id, text: 'mended' });
  box.serve();
  expect(done).toEqual(['team: legitimate', 'team: mended']);
});

test('what lies among the acknowledgements costs nothing: only those that matter are looked up', () => {
  using box = new Box();
  const read = box.ask('one');
  box.serve();
  writeFileSync(join(box.path, 'acks', read), '');
  for (let n = 0; n < 1_000; n++) writeFileSync(join(box.path, 'acks', `!${n}`), '');
  const unread = box.ask('two');
  expect(box.mailbox.acked([read, unread])).toEqual(new Set([read]));
  box.drop('messages', '.json', 'nonsense');
  box.drop('messages', '..json', 'nonsense');
  box.serve();
  expect(readdirSync(join(box.path, 'messages'))).toEqual([`${unread}.json`]);
  expect(done).toEqual(['team: one', 'team: two']);
});

test('a reply that is damaged where it is stored is told as that, is not done again, and holds nobody up', () => {
  using box = new Box();
  const id = box.ask('hello');
  box.serve();
  box.damage("UPDATE requests SET reply = '{'");
  const next = box.ask('next');
  box.serve();
  expect(box.reply(id)).toMatchObject({ ok: false, error: { code: 'reply_lost' } });
  expect(box.reply(next)).toEqual({ ok: true, result: 'next' });
  expect(done).toEqual(['team: hello', 'team: next']);
});
