import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Timetable } from '../../src/lib/next-run.ts';
import { Zone } from '../../src/lib/zone.ts';
import type { Group } from '../../src/model/group.ts';
import { Store } from '../../src/store/store.ts';
import { createTool } from '../../src/tools/search-messages.ts';
import { moment } from '../moment.ts';
import { type Family, rowOf } from '../row.ts';

const messages = 1_000_000;
/** The first two say nine tenths of it, each with a word of its own in every message; main has no chat. */
const groups = 1_000;
const vocabulary = 50_000;
const samples = 400;
const now = 1_700_000_000_000;

const taking = 'taken into the search per second';
const looking = 'search over 1 000 000 messages';

/**
 * The tool itself, over words as frequent as languages have them; asked by the largest groups, by a small one and by main
 * for common and rare words, several at once, phrases, beginnings, and for what only others ever said.
 */
export const family: Family = {
  rows: [taking, looking],
  async *run({ note }) {
    const directory = mkdtempSync(join(tmpdir(), 'bench-'));
    using _directory = { [Symbol.dispose]: () => rmSync(directory, { recursive: true, force: true }) };
    const store = Store.open(join(directory, 'messages.db'));
    using _store = { [Symbol.dispose]: () => store.close() };
    const random = randomFrom(1);
    fill(store, random);
    const taken: number[] = [];
    for (let count = 100; count === 100; ) {
      const startedAt = moment();
      count = store.transaction(() => store.search.takeIn(100));
      if (count > 0) taken.push(moment() - startedAt);
    }
    note(`a hundred messages kept the host busy for ${Math.round(Math.max(...taken))} ms at most`);
    yield rowOf(taking, { unit: 'per s', ours: taken.map((ms) => 100_000 / ms), best: 'high' });
    const ask = asking(store);
    const ours = Array.from({ length: samples }, (_, n) =>
      ask(askers[n % askers.length] ?? 'main', question(n, random)),
    );
    yield rowOf(looking, { unit: 'ms', ours });
  },
};

const askers = ['group-0', 'group-1', 'group-17', 'main'];

function question(n: number, random: () => number): string {
  const common = word(Math.floor(random() * 50));
  const rare = word(5_000 + Math.floor(random() * 40_000));
  const kinds = [common, rare, `${common} ${rare}`, `"${common} ${word(0)}"`, rare.slice(0, 4), 'every0', 'never'];
  return kinds[Math.floor(n / askers.length) % kinds.length] ?? common;
}

function asking(store: Store): (asker: string, query: string) => number {
  const tool = createTool({ store, timetable: new Timetable(new Zone('Europe/Berlin')) });
  return (asker, query) => {
    const group = store.groups.get(asker);
    if (!group) throw new Error(`there is no ${asker}`);
    const startedAt = moment();
    const reply = store.transaction(() =>
      tool.handle(
        { type: 'search_messages', query },
        { group, runId: 'r', place: undefined, turnId: undefined, key: 'request:r-1' },
      ),
    );
    if (!reply.ok) throw new Error(reply.error.message);
    return moment() - startedAt;
  };
}

function fill(store: Store, random: () => number): void {
  store.transaction(() => {
    makeGroup(store, 'main', true);
    for (let i = 0; i < groups; i++) {
      makeGroup(store, `group-${i}`, false);
      store.chats.see({ jid: `tg:${i}`, channel: 'telegram', name: `Chat ${i}`, isGroup: true });
      store.chats.wire(`tg:${i}`, `group-${i}`);
    }
  });
  const by = { senderId: 'ann', senderName: 'Ann', sentAt: now, mentionsAssistant: false, fromOwner: false };
  const rest = { kind: 'message' as const, revision: 0, thread: undefined, replyTo: undefined };
  for (let from = 0; from < messages; from += 10_000) {
    store.transaction(() => {
      for (let i = from; i < from + 10_000; i++) {
        const share = random();
        const chat = share < 0.5 ? 0 : share < 0.9 ? 1 : Math.floor(random() * groups);
        const said = Array.from({ length: 4 + Math.floor(random() * 16) }, () => word(frequent(random)));
        const text = chat < 2 ? `${said.join(' ')} every${chat}` : said.join(' ');
        store.messages.insertInbound({ jid: `tg:${chat}`, platformId: `m${i}`, text, ...by, ...rest }, 'member', now);
      }
    });
  }
}

function makeGroup(store: Store, folder: string, isMain: boolean): void {
  const group: Group = {
    folder,
    name: folder,
    isMain,
    trigger: '@Andy',
    requiresTrigger: false,
    model: undefined,
    egress: 'llm-only',
    allow: [],
    mounts: [],
  };
  store.groups.save(group, now);
}

/** The n-th word is said n times less often than the first one. */
function frequent(random: () => number): number {
  return Math.floor(vocabulary ** random()) - 1;
}

function word(n: number): string {
  const letters = 'etaoinshrdlucmfwypvbgkqjxz';
  let text = '';
  for (let rest = n * 7_919 + 13; rest > 0; rest = Math.floor(rest / 26)) text += letters[rest % 26];
  return text;
}

/** The same numbers in every run. */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
