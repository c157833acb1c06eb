import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { registerGroup } from '../../src/acts/register-group.ts';
import { Receiver } from '../../src/inbound/receive.ts';
import { SenderAllowlist } from '../../src/inbound/sender-allowlist.ts';
import { Bell } from '../../src/lib/bell.ts';
import { systemClock } from '../../src/lib/clock.ts';
import { createLog } from '../../src/lib/log.ts';
import { Timetable } from '../../src/lib/next-run.ts';
import { Zone } from '../../src/lib/zone.ts';
import type { InboundMessage } from '../../src/model/message.ts';
import { type Db, openDatabase, readMigrations } from '../../src/store/database.ts';
import { Store } from '../../src/store/store.ts';
import { channelOf } from '../../test/fixtures/channel-of.ts';
import { checkout } from '../checkout.ts';
import { moment } from '../moment.ts';
import { type Family, inTurn, rowOf } from '../row.ts';

const perSample = 2_000;
const jid = 'tg:1';
const text = 'Is it going to rain in the mountains this afternoon?';

/** What a channel hands over, stored one after the other; beside the two inserts alone, same schema and settings. */
export const family: Family = {
  rows: ['stored messages per second'],
  async *run({ n }) {
    const directory = mkdtempSync(join(tmpdir(), 'bench-'));
    using _directory = { [Symbol.dispose]: () => rmSync(directory, { recursive: true, force: true }) };
    using ours = receiver(join(directory, 'home'));
    using floor = inserts(join(directory, 'floor.db'));
    const taken = await inTurn(n, { ours: () => perSecond(ours.store), floor: () => perSecond(floor.store) });
    yield rowOf('stored messages per second', { unit: 'per s', ...taken, best: 'high' });
  },
};

interface Storing extends Disposable {
  store(id: string): void;
}

function perSecond(store: (id: string) => void): number {
  const startedAt = moment();
  for (let i = 0; i < perSample; i++) store(`${startedAt}-${i}`);
  return perSample / ((moment() - startedAt) / 1_000);
}

function receiver(home: string): Storing {
  mkdirSync(home);
  const store = Store.open(join(home, 'store', 'messages.db'));
  const log = createLog('silent', { write: () => undefined });
  registerGroup(
    {
      store,
      clock: systemClock,
      groupsDirectory: join(home, 'groups'),
      templatesDirectory: join(checkout, 'groups'),
      assistantName: 'Andy',
      channelOf,
    },
    { folder: 'main', name: 'Main', jid, isMain: true },
  );
  const inbound = new Receiver({
    desk: {
      store,
      clock: systemClock,
      outboxBell: new Bell(),
      taskBell: new Bell(),
      limitOf: () => ({ length: 4_000 }),
      timetable: new Timetable(new Zone('UTC')),
    },
    turns: { stop: () => undefined, renew: () => () => undefined },
    status: () => {
      throw new Error('nobody asks');
    },
    timeZone: 'UTC',
    log,
    attachmentBell: new Bell(),
    inboxBell: new Bell(),
    allowlist: new SenderAllowlist(join(home, 'sender-allowlist.json'), log),
    hasFile: () => false,
    keepLongText: () => undefined,
  });
  return {
    [Symbol.dispose]: () => store.close(),
    store: (platformId) => {
      const message: InboundMessage = {
        jid,
        platformId,
        kind: 'message',
        revision: 0,
        thread: undefined,
        senderId: 'ann',
        senderName: 'Ann',
        text,
        sentAt: 1_700_000_000_000,
        mentionsAssistant: false,
        fromOwner: false,
        replyTo: undefined,
      };
      inbound.receive([message], 'telegram');
    },
  };
}

function inserts(path: string): Storing {
  const db: Db = openDatabase(path, readMigrations(join(checkout, 'src', 'store', 'migrations')));
  db.exec(`INSERT INTO groups (folder, name, is_main, trigger_text, egress, created_at) VALUES ('main', 'Main', 1, '@Andy', 'llm-only', 0);
    INSERT INTO chats (jid, channel, name, group_folder) VALUES ('${jid}', 'telegram', 'Ann', 'main')`);
  const message = db.prepare(`INSERT INTO messages
    (chat_jid, direction, kind, platform_id, sender_id, sender_name, role, text, sent_at, stored_at)
    VALUES ('${jid}', 'in', 'message', ?, 'ann', 'Ann', 'member', ?, 1700000000000, 1700000000000)`);
  const row = db.prepare(`INSERT INTO inbox (group_folder, chat_jid, message_seq, wakes, state)
    VALUES ('main', '${jid}', ?, 1, 'waiting')`);
  const both = db.transaction((id: string) => row.run(message.run(id, text).lastInsertRowid));
  return { [Symbol.dispose]: () => db.close(), store: (id) => both.immediate(id) };
}
