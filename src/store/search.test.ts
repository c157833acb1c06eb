import { copyFileSync, mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import { tempDirectory } from '../../test/temp-directory.ts';
import { phrasesOf } from '../text/search-words.ts';
import { openDatabase, readMigrations } from './database.ts';
import { Store } from './store.ts';

const migrations = fileURLToPath(new URL('migrations', import.meta.url));

function open(): { store: Store; path: string } {
  const home = tempDirectory();
  const path = join(home.path, 'messages.db');
  const store = Store.open(path);
  onTestFinished(() => {
    store.close();
    home[Symbol.dispose]();
  });
  for (const jid of ['tg:1', 'tg:2']) store.chats.see({ jid, channel: 'telegram', name: jid, isGroup: false });
  return { store, path };
}

let last = 0;
function say(store: Store, text: string, jid = 'tg:1'): number {
  last += 1;
  const message = { jid, platformId: `p${last}`, kind: 'message' as const, revision: 0, thread: undefined, text };
  const by = { senderId: 'ann', senderName: 'Ann', sentAt: 1, mentionsAssistant: false, fromOwner: false };
  return store.messages.insertInbound({ ...message, ...by, replyTo: undefined }, 'member', 1) ?? 0;
}

function find(store: Store, query: string, jids: readonly string[] = ['tg:1']): number[] {
  while (store.search.takeIn(100) > 0);
  return store.search.find(phrasesOf(query), { scope: { type: 'only', jids }, limit: 10 });
}

test.each([
  ['Is it going to rain in the mountains?', 'mountains rain'],
  ['Is it going to rain in the mountains?', 'RAIN'],
  ['Is it going to rain in the mountains?', '"in the mountains"'],
  ['Is it going to rain in the mountains?', 'going mount'],
  ['Ein schönes Café in Åre, an der Straße', 'cafe ARE strasse schones'],
  ['cafe\u0301', 'café'],
  ['明日は東京タワーに行きます', '東京'],
  ['明日は東京タワーに行きます', 'タワー'],
  ['我们明天下午三点在咖啡馆见面', '咖啡馆'],
  ['พรุ่งนี้ไปกินข้าวกัน', 'กินข้าว'],
  ['내일 학교에서 만나요', '학교'],
  ['हिन्दी में लिखा', 'हिन्दी'],
  ['Привет, как дела?', 'привет'],
  ['the party is on 🎉 tonight', '🎉'],
  ['mail me at ann.lee@example.com', 'ann.lee@example.com'],
  ['version 10.5.2 is out', '10.5.2'],
  ['half　width ｶﾀｶﾅ', 'カタカナ'],
])('%j is found by %j', (text, query) => {
  const { store } = open();
  say(store, 'something else');
  const seq = say(store, text);
  expect(find(store, query)).toEqual([seq]);
});

test('longer forms of the last word are found where the word itself is found too seldom', () => {
  const { store } = open();
  const forms = ['form', 'formal', 'formula one', 'Formel', 'Förmlich', 'transform'].map((text) => say(store, text));
  expect(find(store, 'form')).toEqual(forms.slice(0, 5).toReversed());
  expect(find(store, 'formula on')).toEqual([]);
  expect(find(store, 'formula one')).toEqual([forms[2]]);
  expect(find(store, '"formula on" one')).toEqual([]);
  const many = Array.from({ length: 300 }, (_, n) => say(store, `prefix${n}`));
  expect(find(store, 'prefix')).toEqual(many.slice(-10).toReversed());
  expect(find(store, 'prefix29')).toEqual(many.slice(290).toReversed());
});

test.each([
  ['rain in the mountains', 'mountains of rain'],
  ['rain in the mountains', '"mountains rain"'],
  ['東京と京都', '東都'],
  ['raining', '"rain"'],
])('%j is not found by %j', (text, query) => {
  const { store } = open();
  say(store, text);
  expect(find(store, query)).toEqual([]);
});

test.each([
  'a OR b',
  'chat:c1',
  'text : word',
  '"',
  '"""',
  'a" OR chat : c2 OR "b',
  'NEAR(a b)',
  '^start',
  '{chat}: c1',
  'a AND NOT b',
  '*',
  "'; DROP TABLE search; --",
  '\0 word',
  '\ud800 word',
])('%j is words and no syntax', (query) => {
  const { store } = open();
  say(store, 'a word', 'tg:2');
  say(store, 'a word');
  const phrases = phrasesOf(query);
  expect(() => find(store, query)).not.toThrow();
  expect(find(store, query).every((seq) => store.messages.get(seq)?.jid === 'tg:1')).toBe(true);
  expect(phrases.every(({ words }) => !words.includes('"'))).toBe(true);
});

test('only what was said in the chats asked for is found, the newest first, and no more than asked for', () => {
  const { store } = open();
  const one = Array.from({ length: 5 }, () => say(store, 'the word'));
  const two = Array.from({ length: 3 }, () => say(store, 'the word', 'tg:2'));
  expect(find(store, 'word')).toEqual(one.toReversed());
  expect(find(store, 'word', ['tg:2'])).toEqual(two.toReversed());
  expect(find(store, 'word', ['tg:1', 'tg:2'])).toEqual([...one, ...two].toReversed());
  expect(find(store, 'word', [])).toEqual([]);
  expect(find(store, 'word', ['tg:404'])).toEqual([]);
  const but = (jids: readonly string[]) =>
    store.search.find(phrasesOf('word'), { scope: { type: 'except', jids }, limit: 4 });
  expect(but(['tg:1'])).toEqual(two.toReversed());
  expect(but([])).toEqual([...one, ...two].toReversed().slice(0, 4));
});

test('commands and reactions are taken in by nobody, and a rolled back batch is taken in again', () => {
  const { store } = open();
  store.messages.markCommand(say(store, '/model word'));
  store.messages.insertOutbound(
    {
      jid: 'tg:1',
      platformId: 'r',
      thread: undefined,
      kind: 'message',
      name: 'Andy',
      text: 'the word it is',
      command: true,
    },
    1,
  );
  const said = { jid: 'tg:1', platformId: 's', thread: undefined, name: 'Andy', text: 'my word' };
  store.messages.insertOutbound({ ...said, kind: 'message' }, 1);
  expect(() =>
    store.transaction(() => {
      store.search.takeIn(100);
      throw new Error('no power');
    }),
  ).toThrow('no power');
  expect(store.search.behind()).toBe(3);
  expect(find(store, 'word').map((seq) => store.messages.get(seq)?.text)).toEqual(['my word']);
  expect(store.search.behind()).toBe(0);
});

test('what was stored before there was a search is found, but for commands and their replies', () => {
  using home = tempDirectory();
  const before = join(home.path, 'before');
  mkdirSync(before);
  for (const file of readdirSync(migrations).filter((name) => name < '006')) {
    copyFileSync(join(migrations, file), join(before, file));
  }
  const path = join(home.path, 'messages.db');
  const db = openDatabase(path, readMigrations(before));
  db.exec(`INSERT INTO chats (jid, channel, name) VALUES ('tg:1', 'telegram', 'Ann');
    INSERT INTO messages (seq, chat_jid, direction, kind, platform_id, sender_id, sender_name, role, text, sent_at, stored_at)
      VALUES (1, 'tg:1', 'in', 'message', 'a', 'ann', 'Ann', 'member', 'the word', 1, 1),
        (2, 'tg:1', 'in', 'message', 'b', 'ann', 'Ann', 'member', '/model word', 1, 1),
        (3, 'tg:1', 'out', 'message', 'c', 'assistant', 'Andy', 'member', 'the word it is', 1, 1),
        (4, 'tg:1', 'out', 'message', 'd', 'assistant', 'Andy', 'member', 'my word', 1, 1);
    INSERT INTO outbox (key, part, parts, group_folder, chat_jid, text, state, platform_id, created_at)
      VALUES ('command:2', 1, 1, 'main', 'tg:1', 'the word it is', 'sent', 'c', 1),
        ('result:t-1', 1, 1, 'main', 'tg:1', 'my word', 'sent', 'd', 1)`);
  db.close();
  const store = Store.open(path);
  using _store = { [Symbol.dispose]: () => store.close() };
  expect(store.search.behind()).toBe(4);
  expect(find(store, 'word')).toEqual([4, 1]);
});
