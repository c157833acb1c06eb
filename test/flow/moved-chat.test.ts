// A group that becomes a supergroup has another id: everything that was kept under the old one goes on under the new one.
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { expect, test } from 'vitest';
import { callTool, say } from '../../src/gateway/rehearsal/reply.ts';
import { eventually } from '../eventually.ts';
import { type House, openHouse } from '../house.ts';

const old = 'tg:-5';
const now = 'tg:-1005';

async function openFamily(): Promise<House> {
  const house = await openHouse();
  house.group('family', old, { requiresTrigger: false });
  house.withStore((store) => {
    store.chats.see({ jid: old, channel: 'tg', name: 'Family', isGroup: true });
    store.chats.touch('tg:1', 1);
  });
  house.rehearsal.script = (context) => say(`read: ${context.text}`);
  return house;
}

/** Every value of the database that still names the chat by its old id, but for the note that it moved. */
function traces(house: House): string[] {
  const db = new Database(join(house.home, 'store', 'messages.db'), { readonly: true });
  try {
    const columns = db
      .prepare<[], { name: string; of: string }>(
        `SELECT c.name, m.name AS of FROM sqlite_master AS m JOIN pragma_table_info(m.name) AS c
          WHERE m.type = 'table' AND m.sql NOT LIKE 'CREATE VIRTUAL%' AND m.name NOT LIKE 'search_%' OR m.name = 'search_chats'`,
      )
      .all();
    return columns
      .filter(({ name, of }) => db.prepare(`SELECT 1 FROM "${of}" WHERE "${name}" = ?`).get(old) !== undefined)
      .map(({ name, of }) => `${of}.${name}`)
      .filter((column) => column !== 'moved_chats.from_jid');
  } finally {
    db.close();
  }
}

test('it is answered under its new id, the owner is told once, and whoever still uses the old one means the new one', async () => {
  await using house = await openFamily();
  house.say('before', { jid: old, platformId: '7' });
  expect(await house.hears(1, { jid: old })).toEqual(['read: before']);
  await house.rests();
  for (let n = 0; n < 2; n++) house.channel.move(old, now);
  house.say('after', { jid: now, platformId: '7' });
  expect(await house.hears(1, { jid: now })).toEqual(['read: after']);
  // Told late, of the chat as it was; and once more.
  house.say('late', { jid: old, platformId: '8' });
  expect(await house.hears(2, { jid: now })).toEqual(['read: after', 'read: late']);
  expect(() => house.say('before', { jid: old, platformId: '7' })).toThrow('dropped');
  expect(house.heard().filter((text) => text.includes('has a new id'))).toEqual([
    'ℹ️ “Family” has a new id on telegram: tg:-5 is tg:-1005 now. Its group family, its schedules and what was said there have followed; there is nothing to do.',
  ]);
});

test('schedules, questions, what was said, and what waits to be sent follow', async () => {
  await using house = await openFamily();
  house.rehearsal.script = (context) =>
    context.toolCalls.length === 0
      ? callTool('mcp__nanoclaw__ask_user', { question: 'Which?', options: ['A', 'B'] })
      : say('asked');
  house.say('ask us about the greenhouse', { jid: old });
  await house.hears(2, { jid: old });
  await house.rests();
  house.withStore((store) => {
    expect(store.questions.openIn(old)).toHaveLength(1);
    store.search.takeIn(100);
  });
  house.channel.shut(old);
  house.rehearsal.script = () => say('this waits');
  house.say('and now?', { jid: old });
  await eventually('the answer to wait', () => house.withStore((store) => store.outbox.openIn(old) === 1));
  house.channel.move(old, now);
  expect((await house.hears(1, { jid: now }))[0]).toBe('this waits');
  expect(traces(house)).toEqual([]);
  house.withStore((store) => {
    expect(store.questions.openIn(now)).toHaveLength(1);
    expect(store.chats.get(old)).toMatchObject({ jid: now, group: 'family' });
    expect(
      store.search.find([{ words: 'greenhouse', beginning: undefined }], {
        scope: { type: 'only', jids: [now] },
        limit: 9,
      }),
    ).toHaveLength(1);
  });
});

test('an answer that grows while the chat moves is completed in the new one', async () => {
  await using house = await openFamily();
  house.rehearsal.script = (context) =>
    context.toolCalls.length === 0
      ? callTool('Bash', { command: 'while [ ! -e /workspace/group/go ]; do sleep 0.05; done' })
      : say('done');
  house.say('work', { jid: old });
  await house.rehearsal.seen(1, 60_000);
  house.channel.move(old, now);
  house.say('hurry', { jid: now });
  house.touch('groups', 'family', 'go');
  const heard = await house.hears(1, { jid: now });
  expect(heard[0]).toMatch(/done/);
  expect(house.heard(old)).toEqual([]);
  await house.rests();
  expect(traces(house)).toEqual([]);
});

test('where messages of the new chat came first the two become one', async () => {
  await using house = await openFamily();
  house.say('before', { jid: old, platformId: '7' });
  await house.hears(1, { jid: old });
  await house.rests();
  house.withStore((store) => store.chats.see({ jid: now, channel: 'tg', name: 'Family', isGroup: true }));
  expect(() => house.say('too early', { jid: now, platformId: '7' })).toThrow('dropped');
  house.channel.move(old, now);
  house.say('again', { jid: now, platformId: '7' });
  expect(await house.hears(1, { jid: now })).toEqual(['read: again']);
  house.withStore((store) => expect(store.messages.newest(now, 9).map(({ text }) => text)).toContain('before'));
});
