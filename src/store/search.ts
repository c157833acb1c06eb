import { type Phrase, searchable } from '../text/search-words.ts';
import type { Db } from './database.ts';

/** Chats to look in, by JID. `except`: in all others. */
export type Scope =
  | { readonly type: 'only'; readonly jids: readonly string[] }
  | { readonly type: 'except'; readonly jids: readonly string[] };

interface Unread {
  readonly seq: number;
  readonly chat_jid: string;
  readonly text: string;
  readonly found: number;
}

const mostForms = 200;

/** Full text of messages. It runs behind what is stored; `takeIn` catches up. */
export class Search {
  readonly #from;
  readonly #remember;
  readonly #unread;
  readonly #newest;
  readonly #see;
  readonly #chat;
  readonly #add;
  readonly #find;
  readonly #nextWord;

  constructor(db: Db) {
    this.#from = db.prepare<[], { value: string }>("SELECT value FROM facts WHERE key = 'search'");
    this.#remember = db.prepare(
      "INSERT INTO facts VALUES ('search', ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value",
    );
    this.#unread = db.prepare<[number, number], Unread>(`SELECT seq, chat_jid, text,
        command = 0 AND kind IN ('message', 'edit') AND text <> '' AS found
      FROM messages WHERE seq > ? ORDER BY seq LIMIT ?`);
    this.#newest = db.prepare<[], { seq: number | null }>('SELECT MAX(seq) AS seq FROM messages');
    this.#see = db.prepare(
      'INSERT INTO search_chats (jid) SELECT @jid WHERE NOT EXISTS (SELECT 1 FROM search_chats WHERE jid = @jid)',
    );
    this.#chat = db.prepare<[string], { id: number }>('SELECT id FROM search_chats WHERE jid = ? ORDER BY id');
    this.#add = db.prepare('INSERT INTO search (rowid, chat, text) VALUES (?, ?, ?)');
    this.#find = db.prepare<[string, number], { seq: number }>(
      'SELECT rowid AS seq FROM search WHERE search MATCH ? ORDER BY rowid DESC LIMIT ?',
    );
    this.#nextWord = db.prepare<[string, string], { term: string }>(
      'SELECT term FROM search_words WHERE term >= ? AND term < ? LIMIT 1',
    );
  }

  /** Takes in up to `most` stored messages more; how many there were. One transaction. */
  takeIn(most: number): number {
    const unread = this.#unread.all(this.#last(), most);
    for (const { seq, chat_jid: jid, text, found } of unread) {
      if (found === 1) this.#add.run(seq, this.#word(jid), searchable(text));
    }
    const last = unread.at(-1);
    if (last) this.#remember.run(String(last.seq));
    return unread.length;
  }

  /** About how many stored messages are not taken in yet. */
  behind(): number {
    return Math.max(0, (this.#newest.get()?.seq ?? 0) - this.#last());
  }

  /**
   * Numbers of the messages that hold every phrase, the newest first. Longer forms of its last word are looked for where
   * the word itself is found too seldom.
   */
  find(phrases: readonly Phrase[], { scope, limit }: { scope: Scope; limit: number }): number[] {
    if (phrases.length === 0) return [];
    const words = scope.jids.flatMap((jid) => this.#wordsOf(jid));
    if (scope.type === 'only' && words.length === 0) return [];
    const chats = `chat : (${words.join(' OR ')})`;
    const look = (wanted: readonly string[]) => {
      const text = `text : (${wanted.join(' AND ')})`;
      const match = scope.type === 'only' ? `${chats} AND ${text}` : words.length > 0 ? `${text} NOT ${chats}` : text;
      return this.#find.all(match, limit).map(({ seq }) => seq);
    };
    const exact = look(phrases.map(({ words }) => quoted(words)));
    if (exact.length === limit) return exact;
    const longer = phrases.map((phrase) => this.#grown(phrase));
    return longer.some((one) => one !== undefined)
      ? look(phrases.map(({ words }, i) => longer[i] ?? quoted(words)))
      : exact;
  }

  /**
   * The phrase with its last word or any longer form of it, or undefined when there is none. Written out one by one as long
   * as they are few: the index would read everything of each before it finds the first.
   */
  #grown({ words, beginning }: Phrase): string | undefined {
    if (beginning === undefined) return undefined;
    const before = words.slice(0, -beginning.length);
    const forms = [quoted(words)];
    for (let last = beginning; forms.length <= mostForms; ) {
      const next = this.#nextWord.get(`${last}\u0001`, `${beginning}\u{10ffff}`);
      if (!next) return forms.length > 1 ? `(${forms.join(' OR ')})` : undefined;
      last = next.term;
      forms.push(quoted(before + last));
    }
    return `${quoted(words)} *`;
  }

  #last(): number {
    return Number(this.#from.get()?.value ?? 0);
  }

  #word(jid: string): string {
    this.#see.run({ jid });
    return this.#wordsOf(jid)[0] ?? '';
  }

  // More than one for a chat that another one has moved into.
  #wordsOf(jid: string): string[] {
    return this.#chat.all(jid).map(({ id }) => `c${id}`);
  }
}

// So that nothing in it is a command to the index.
function quoted(words: string): string {
  return `"${words.replaceAll('"', '""')}"`;
}
