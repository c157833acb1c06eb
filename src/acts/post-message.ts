import type { Bell } from '../lib/bell.ts';
import type { Clock } from '../lib/clock.ts';
import type { Place } from '../model/chat.ts';
import type { NewMessage } from '../store/outbox.ts';
import type { OutboxRow } from '../store/outbox-row.ts';
import type { Store } from '../store/store.ts';
import { stripInternal } from '../text/internal.ts';
import { splitMarkdown, type TextLimits } from '../text/split.ts';

/** What saying something needs. */
export interface Desk {
  readonly store: Store;
  readonly clock: Clock;
  readonly outboxBell: Bell;
  /** Rung when a schedule, or a run of one, has changed. */
  readonly taskBell?: Bell | undefined;
  /** What one message holds in that chat. */
  readonly limitOf: (jid: string) => TextLimits;
}

export interface Said extends Pick<NewMessage, 'replyTo' | 'file' | 'buttons'> {
  /** `result:<turn>-<ordinal>`, `request:<run>-<request id>` or `notice:<what>`: said once, whatever happens. */
  readonly key: string;
  readonly group: string;
  readonly place: Place;
  readonly turnId?: string | undefined;
  readonly text: string;
  /** The answer in the chat, still being written, that this completes: it becomes the first part. */
  readonly completes?: OutboxRow | undefined;
}

/**
 * The only way anything leaves: what is internal is removed, the rest is split for its chat and stored, one row per part.
 * False when nothing remains to be said (a file needs no words) or the key was used before. Joins the caller's transaction.
 */
export function postMessage(desk: Desk, said: Said): boolean {
  const { store, clock, outboxBell } = desk;
  const { text: raw, completes, turnId, ...more } = said;
  const text = stripInternal(raw);
  if (text === '' && !said.file) return false;
  if (store.outbox.knows(said.key)) return false;
  const parts = text === '' ? [''] : splitMarkdown(text, desk.limitOf(said.place.jid));
  const message: NewMessage = { ...more, turnId, parts };
  const edited = completes !== undefined && store.streams.complete(completes, message);
  store.outbox.add(message, clock.now(), { from: edited ? 2 : 1 });
  outboxBell.ring();
  return true;
}
