import { searchRequest } from '../../protocol/tools/search.ts';
import { guard } from '../acts/guard.ts';
import type { Group } from '../model/group.ts';
import { type Message, messageName } from '../model/message.ts';
import type { Scope } from '../store/search.ts';
import type { Store } from '../store/store.ts';
import { type Phrase, phrasesOf } from '../text/search-words.ts';
import { snippet } from '../text/snippet.ts';
import { defineTool, refuse, type ToolDesk } from './tool.ts';

/** What was said a moment ago is found; a backlog larger than this is left to the host, which works on it. */
const caughtUp = 500;

/** Finds messages in the chats that the asker may read. */
export function createTool({ store, timetable }: Pick<ToolDesk, 'store' | 'timetable'>) {
  const timeZone = timetable.zone.name;
  return defineTool({
    requestType: 'search_messages',
    input: searchRequest,
    handle({ query, limit = 10 }, caller) {
      const phrases = phrasesOf(query);
      if (phrases.length === 0) {
        return refuse('empty_query', 'There is no word in that query. Give a few words, for example: invoice March.');
      }
      store.search.takeIn(caughtUp);
      const scope = scopeOf(store, caller.group);
      const found = store.search.find(phrases, { scope, limit: limit + 1 });
      const messages = found.slice(0, limit).map((seq) => store.messages.get(seq));
      const hits = messages.flatMap((message) => (message ? [hitOf(message, { phrases, timeZone })] : []));
      const behind = store.search.behind();
      const notes = [
        ...(hits.length === 0
          ? ['Nothing was found. Try fewer or other words, or the beginning of a single one.']
          : []),
        ...(found.length > limit ? ['There are older ones: raise limit, or add words.'] : []),
        ...(behind > 0 ? [`The newest ${behind} messages cannot be searched yet; try again in a minute.`] : []),
      ];
      return { ok: true, result: { hits, timezone: timeZone, ...(notes.length > 0 && { note: notes.join(' ') }) } };
    },
  });
}

function scopeOf(store: Store, asker: Group): Scope {
  const isMain = store.groups.get(asker.folder)?.isMain ?? false;
  const chats = isMain ? store.chats.all() : store.chats.ofGroup(asker.folder);
  const allowed: string[] = [];
  const denied: string[] = [];
  for (const { jid } of chats) {
    (guard(store, asker, { verb: 'read', jid }) === 'allowed' ? allowed : denied).push(jid);
  }
  // For main all chats were judged, so what is not denied is allowed.
  if (isMain && denied.length < allowed.length) return { type: 'except', jids: denied };
  return { type: 'only', jids: allowed };
}

function hitOf(message: Message, { phrases, timeZone }: { phrases: readonly Phrase[]; timeZone: string }) {
  const time = new Intl.DateTimeFormat('sv-SE', { dateStyle: 'short', timeStyle: 'short', timeZone });
  const { seq, jid, direction, senderName, original, thread } = message;
  return {
    id: messageName(seq),
    chat: jid,
    ...(thread !== undefined && { thread }),
    sender: snippet(senderName, []),
    ...(direction === 'out' && { yours: true }),
    time: time.format(message.sentAt),
    ...(original !== undefined && { edit_of: messageName(original) }),
    text: snippet(message.text, phrases),
  };
}
