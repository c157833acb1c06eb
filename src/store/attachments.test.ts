import { join } from 'node:path';
import { expect, test } from 'vitest';
import { tempDirectory } from '../../test/temp-directory.ts';
import type { IncomingAttachment } from '../model/message.ts';
import { Attachments } from './attachments.ts';
import { openDatabase, readMigrations } from './database.ts';
import { Inbox } from './inbox.ts';
import { Store } from './store.ts';

const place = { jid: 'tg:1', thread: undefined };
const photo: IncomingAttachment = { kind: 'photo', name: 'cat.jpg', mime: 'image/jpeg', size: 5, ref: 'f1' };

class Home implements Disposable {
  readonly #directory = tempDirectory();
  readonly store = Store.open(join(this.#directory.path, 'messages.db'));
  #said = 0;

  constructor() {
    for (const folder of ['main', 'team']) {
      const group = { folder, name: folder, isMain: folder === 'main', trigger: '@Andy', requiresTrigger: false };
      this.store.groups.save({ ...group, model: undefined, egress: 'llm-only', allow: [], mounts: [] }, 1);
    }
    this.store.chats.see({ jid: 'tg:1', channel: 'telegram', name: 'Ann', isGroup: false });
    this.store.chats.see({ jid: 'tg:2', channel: 'telegram', name: 'Bob', isGroup: false });
  }

  /** `file`: with a photo that is still to be fetched, for which it waits until `heldUntil`. */
  say(how: { jid?: string; thread?: string; wakes?: boolean; heldUntil?: number } = {}): number {
    const { jid = 'tg:1', thread, wakes = true, heldUntil } = how;
    const sender = { senderId: '5', senderName: 'Ann', mentionsAssistant: false, fromOwner: false, replyTo: undefined };
    const said = { jid, platformId: String(++this.#said), kind: 'message' as const, revision: 0, text: '', sentAt: 1 };
    const seq = this.store.messages.insertInbound({ ...said, ...sender, thread }, 'member', 1) ?? 0;
    if (heldUntil !== undefined) this.store.attachments.add(seq, { ...photo, path: `attachments/m${seq}-cat.jpg` });
    this.store.inbox.add({ group: 'main', place: { jid, thread }, message: seq, wakes, heldUntil });
    return seq;
  }

  /** Messages that a turn at that place would take. */
  waiting(now: number, at: { jid: string; thread: string | undefined } = place): number[] {
    return this.store.inbox.waitingAt('main', at, { now }).map((row) => row.message_seq);
  }

  /** Ids of what is to be fetched. */
  due(now: number): number[] {
    return this.store.attachments.due(now, { perChat: 2, limit: 4 }).map((file) => file.id);
  }

  [Symbol.dispose](): void {
    this.store.close();
    this.#directory[Symbol.dispose]();
  }
}

test('a message waits for its attachment, and what follows it in its place waits with it', () => {
  using home = new Home();
  const before = home.say();
  const shown = home.say({ heldUntil: 60 });
  const asked = home.say();
  expect(home.waiting(10)).toEqual([before]);
  expect(home.store.inbox.duePlace('main', 10)).toEqual(place);
  home.store.inbox.bury({ id: home.store.inbox.ofMessage(before)?.id ?? 0, turn_id: null });
  expect(home.store.inbox.dueGroups(59)).toEqual([]);
  expect(home.store.inbox.duePlace('main', 59)).toBeUndefined();
  expect(home.store.inbox.dueGroups(60)).toEqual(['main']);
  expect(home.waiting(60)).toEqual([shown, asked]);
});

test('a photo that wakes nobody holds the question about it too', () => {
  using home = new Home();
  const shown = home.say({ wakes: false, heldUntil: 60 });
  const asked = home.say();
  expect(home.store.inbox.dueGroups(10)).toEqual([]);
  expect(home.waiting(60)).toEqual([shown, asked]);
});

test('other chats and threads of the group go on meanwhile', () => {
  using home = new Home();
  home.say({ heldUntil: 60 });
  const there = home.say({ jid: 'tg:2' });
  const thread = home.say({ thread: '17' });
  expect(home.store.inbox.duePlace('main', 10)).toEqual({ jid: 'tg:2', thread: undefined });
  expect(home.waiting(10, { jid: 'tg:2', thread: undefined })).toEqual([there]);
  expect(home.waiting(10, { jid: 'tg:1', thread: '17' })).toEqual([thread]);
  expect(home.waiting(10)).toEqual([]);
});

test('a place goes on when nothing of what waits there is still being fetched', () => {
  using home = new Home();
  const album = [home.say({ heldUntil: 60 }), home.say({ heldUntil: 61 }), home.say()];
  const [first = 0, second = 0] = home.due(10);
  home.store.attachments.ready(first, 7);
  expect(home.store.inbox.release({ group: 'main', place }, 10)).toBe(false);
  expect(home.waiting(10)).toEqual([]);
  home.store.attachments.failed(second, 'It is gone.');
  expect(home.store.inbox.release({ group: 'main', place }, 10)).toBe(true);
  expect(home.waiting(10)).toEqual(album);
  expect(home.store.inbox.release({ group: 'main', place }, 10)).toBe(false);
});

test('what has waited long enough holds nobody up any more', () => {
  using home = new Home();
  home.say({ heldUntil: 60 });
  const late = home.say({ heldUntil: 90 });
  home.store.attachments.ready(home.due(70)[1] ?? 0, 7);
  expect(home.waiting(70)).not.toContain(late);
  expect(home.store.inbox.release({ group: 'main', place }, 70)).toBe(true);
  expect(home.waiting(70)).toContain(late);
});

test('attachments are known by their message, in order, with what became of them', () => {
  using home = new Home();
  const seq = home.say({ heldUntil: 60 });
  home.store.attachments.add(seq, { ...photo, name: undefined, path: 'attachments/b' });
  const [first = 0, second = 0] = home.due(1);
  home.store.attachments.ready(first, 7);
  home.store.attachments.failed(second, 'It is gone.');
  expect(home.store.attachments.ofMessage(seq)).toMatchObject([
    {
      state: 'ready',
      kind: 'photo',
      name: 'cat.jpg',
      mime: 'image/jpeg',
      size: 7,
      path: `attachments/m${seq}-cat.jpg`,
    },
    { state: 'failed', name: undefined, path: 'attachments/b', error: 'It is gone.' },
  ]);
  expect(home.due(1)).toEqual([]);
});

test('a flood in one chat does not stand before the photo of another', () => {
  using home = new Home();
  for (let n = 0; n < 50; n++) home.say({ heldUntil: 60 });
  const other = home.say({ jid: 'tg:2', heldUntil: 60 });
  const due = home.store.attachments.due(1, { perChat: 2, limit: 4 });
  expect(due.map((file) => file.place.jid)).toEqual(['tg:1', 'tg:2', 'tg:1']);
  expect(due[1]?.path).toBe(`attachments/m${other}-cat.jpg`);
});

test('the looks that every message and every sweep makes go through an index, however many rows there are', () => {
  using directory = tempDirectory();
  const db = openDatabase(join(directory.path, 'messages.db'), readMigrations(join(import.meta.dirname, 'migrations')));
  const asked: string[] = [];
  const prepare = db.prepare.bind(db);
  db.prepare = (sql: string) => {
    asked.push(sql);
    return prepare(sql);
  };
  new Inbox(db);
  new Attachments(db);
  const stepsOf = (part: string) => {
    const [sql = ''] = asked.filter((one) => one.includes(part));
    const steps = prepare<[], { detail: string }>(`EXPLAIN QUERY PLAN ${sql.replace(/[?]|@\w+/g, '1')}`).all();
    return steps.map(({ detail }) => detail).filter((step) => /^(SCAN|SEARCH)/.test(step));
  };
  // What waits and wakes is looked through in the index alone, without the context that waits beside it.
  expect(stepsOf('GROUP BY group_folder')).toEqual(['SCAN inbox USING COVERING INDEX inbox_waking']);
  expect(stepsOf('ORDER BY id LIMIT 1')).toEqual(['SEARCH inbox USING INDEX inbox_waking (group_folder=?)']);
  const ofItsPlace = expect.stringContaining('INDEX inbox_waiting (group_folder=? AND chat_jid=?');
  expect(stepsOf('SELECT MAX(id)')).toEqual([ofItsPlace, ofItsPlace]);
  expect(stepsOf('INSERT INTO inbox').join()).toContain('SEARCH inbox USING INDEX inbox_held (chat_jid=?');
  expect(stepsOf('SET held_until = 0')).toEqual([expect.stringContaining('INDEX inbox_held (chat_jid=?')]);
  expect(stepsOf('SELECT id FROM inbox')).toEqual([
    expect.stringContaining('INDEX inbox_held (chat_jid=? AND held_until>?'),
    expect.stringContaining('INDEX attachments_by_message (message_seq=?'),
  ]);
  const [pending, ...joined] = stepsOf('ROW_NUMBER').filter((step) => !step.includes('SCAN (subquery'));
  expect(pending).toContain('INDEX attachments_pending');
  expect(joined.join()).not.toContain('SCAN');
  db.close();
});
