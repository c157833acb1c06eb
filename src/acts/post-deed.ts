import type { Place } from '../model/chat.ts';
import type { Desk } from './post-message.ts';

export interface Deed {
  readonly key: string;
  readonly group: string;
  readonly place: Place;
  readonly turnId: string | undefined;
  readonly kind: 'edit' | 'reaction';
  /** The message it is about: `o45`, `m812`. */
  readonly target: string;
  /** The new text, or the emoji; an empty one takes our reaction back. */
  readonly text: string;
}

/** Something done to a message of the chat; it leaves in the order of what is said there. Joins the caller's transaction. */
export function postDeed({ store, clock, outboxBell }: Desk, deed: Deed): void {
  const { text, ...rest } = deed;
  if (store.outbox.add({ ...rest, parts: [text] }, clock.now())) outboxBell.ring();
}
