import type { Bell } from '../lib/bell.ts';
import type { Clock } from '../lib/clock.ts';
import type { Place } from '../model/chat.ts';
import type { SpooledFile } from '../store/outbox.ts';
import type { Store } from '../store/store.ts';
import { stripInternal } from '../text/internal.ts';
import { splitText } from '../text/split.ts';

/** What saying something needs. */
export interface Desk {
  readonly store: Store;
  readonly clock: Clock;
  readonly outboxBell: Bell;
  /** Longest text of one message in that chat, in UTF-16 units. */
  readonly limitOf: (jid: string) => number;
}

export interface Said {
  /** `result:<turn>-<ordinal>`, `request:<run>-<request id>` or `notice:<what>`: said once, whatever happens. */
  readonly key: string;
  readonly group: string;
  readonly place: Place;
  readonly turnId?: string | undefined;
  readonly text: string;
  /** Goes with the text, which may be empty then. */
  readonly file?: SpooledFile | undefined;
}

/**
 * The only way anything leaves: what is internal is removed, the rest is split for its chat and stored, one row per part.
 * False when nothing remains to be said or the key was used before. Joins the caller's transaction.
 */
export function postMessage(desk: Desk, said: Said): boolean {
  const text = stripInternal(said.text);
  if (text === '' && !said.file) return false;
  const parts = text === '' ? [''] : splitText(text, desk.limitOf(said.place.jid));
  const { key, group, place, turnId, file } = said;
  const added = desk.store.outbox.add({ key, group, place, turnId, parts, file }, desk.clock.now());
  if (added) desk.outboxBell.ring();
  return added;
}
