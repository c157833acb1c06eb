import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { InboundMessage } from '../../src/model/message.ts';
import { type Db, openDatabase, readMigrations } from '../../src/store/database.ts';
import { Store } from '../../src/store/store.ts';
import { checkout } from '../checkout.ts';
import { moment } from '../moment.ts';
import { type Family, rowOf } from '../row.ts';

const messages = 1_000_000;
const groups = 1_000;
/** Of each group's messages: the newest wakes it, these before it wait as context, all the others are done. */
const context = 100;
const samples = 300;
const now = 1_700_000_000_000;

const look = 'due look-up of a million, every group due';
const idle = 'due look-up of a million, nothing due';
const claim = 'claim of a million, 101 rows';

/**
 * What the dispatcher asks the store at every bell and every two seconds, and what it does for the group that waits
 * longest. Every group due at the same time is the worst there is to look through; nothing due is the rule.
 */
export const family: Family = {
  rows: [idle, look, claim],
  async *run({ note }) {
    const directory = mkdtempSync(join(tmpdir(), 'bench-'));
    using _directory = { [Symbol.dispose]: () => rmSync(directory, { recursive: true, force: true }) };
    const path = join(directory, 'messages.db');
    const startedAt = moment();
    fill(path);
    note(`1 000 000 messages written in ${Math.round((moment() - startedAt) / 1_000)} s`);
    const store = Store.open(path);
    using _store = { [Symbol.dispose]: () => store.close() };
    yield rowOf(idle, { unit: 'ms', ours: Array.from({ length: samples }, () => emptyLook(store)) });
    wakeAll(path);
    const taken = Array.from({ length: samples }, () => oneTurn(store));
    yield rowOf(look, { unit: 'ms', ours: taken.map((one) => one.looked) });
    yield rowOf(claim, { unit: 'ms', ours: taken.map((one) => one.claimed) });
  },
};

function emptyLook(store: Store): number {
  const startedAt = moment();
  if (store.inbox.dueGroups(now).length > 0) throw new Error('somebody is due');
  return moment() - startedAt;
}

/** Another message then takes the place of what was claimed. */
function oneTurn(store: Store): { looked: number; claimed: number } {
  const startedAt = moment();
  const [group = ''] = store.inbox.dueGroups(now);
  const place = store.inbox.duePlace(group, now);
  const lookedAt = moment();
  if (!place) throw new Error('no group is due');
  store.transaction(() => {
    const taken = store.inbox.waitingAt(group, place, { now });
    const turnId = store.turns.begin({ group, place, retryOf: undefined }, now);
    const input = store.turns.addInput(turnId, ({ id }) => id);
    store.inbox.claim({ turnId, inputId: input.id }, taken);
  });
  const claimedAt = moment();
  waitAgain(store, group, place.jid);
  return { looked: lookedAt - startedAt, claimed: claimedAt - lookedAt };
}

function waitAgain(store: Store, group: string, jid: string): void {
  const message: Omit<InboundMessage, 'platformId'> = {
    jid,
    kind: 'message',
    revision: 0,
    thread: undefined,
    senderId: 'ann',
    senderName: 'Ann',
    text: 'Still raining?',
    sentAt: now,
    mentionsAssistant: false,
    fromOwner: false,
    replyTo: undefined,
  };
  store.transaction(() => {
    for (let i = context; i >= 0; i--) {
      const seq = store.messages.insertInbound({ ...message, platformId: randomUUID() }, 'member', now) ?? 0;
      store.inbox.add({ group, place: { jid, thread: undefined }, message: seq, wakes: i === 0 });
    }
  });
}

function fill(path: string): void {
  const db: Db = openDatabase(path, readMigrations(join(checkout, 'src', 'store', 'migrations')));
  const each = (from: number, to: number) =>
    `WITH RECURSIVE n (i) AS (SELECT ${from} UNION ALL SELECT i + 1 FROM n WHERE i < ${to})`;
  const waiting = `i > ${messages} - ${groups} * ${context + 1}`;
  db.transaction(() => {
    db.exec(`${each(0, groups - 1)} INSERT INTO groups (folder, name, trigger_text, egress, created_at)
        SELECT 'group-' || i, 'Group ' || i, '@Andy', 'llm-only', 0 FROM n;
      ${each(0, groups - 1)} INSERT INTO chats (jid, channel, name, group_folder)
        SELECT 'tg:' || i, 'telegram', 'Chat ' || i, 'group-' || i FROM n;
      ${each(1, messages)} INSERT INTO messages
        (seq, chat_jid, direction, kind, platform_id, sender_id, sender_name, role, text, sent_at, stored_at)
        SELECT i, 'tg:' || (i % ${groups}), 'in', 'message', 'm' || i, 'ann', 'Ann', 'member',
          'Is it going to rain in the mountains this afternoon?', ${now}, ${now} FROM n;
      ${each(1, messages)} INSERT INTO inbox (id, group_folder, chat_jid, message_seq, wakes, state)
        SELECT i, 'group-' || (i % ${groups}), 'tg:' || (i % ${groups}), i, 0,
          iif(${waiting}, 'waiting', 'done') FROM n`);
  })();
  db.close();
}

function wakeAll(path: string): void {
  const db: Db = openDatabase(path, readMigrations(join(checkout, 'src', 'store', 'migrations')));
  db.exec(`UPDATE inbox SET wakes = 1 WHERE id > ${messages} - ${groups}`);
  db.close();
}
