import type { Place } from '../model/chat.ts';
import { idOfOutboxName, isOfTheHost, messageName, outboxName, seqOfName } from '../model/message.ts';
import type { OutboxRow } from '../store/outbox-row.ts';
import type { Store } from '../store/store.ts';

/** One message of a chat, ours or a person's. */
export interface FoundMessage {
  /** `o45` for what we said, `m812` for everybody else: the one name that outbox rows about it use. */
  readonly name: string;
  readonly place: Place;
  /** Undefined for a person's. */
  readonly ours: OutboxRow | undefined;
}

/** The message that `m812` or `o45` names; undefined also for what is no message on a platform (a press, a schedule). */
export function findSaid(store: Store, name: string): FoundMessage | undefined {
  const id = idOfOutboxName(name);
  if (id !== undefined) {
    const row = store.said.get(id);
    return row?.kind === 'message' ? { name, place: row.place, ours: row } : undefined;
  }
  const found = store.messages.get(seqOfName(name) ?? 0);
  if (!found || !['message', 'edit'].includes(found.kind) || isOfTheHost(found)) return undefined;
  const { jid, thread, direction, platformId } = found;
  const ours = direction === 'out' ? store.said.ofPlatformId(jid, platformId) : undefined;
  if (direction === 'out' && !ours) return undefined;
  return { name: ours ? outboxName(ours.id) : messageName(found.original ?? found.seq), place: { jid, thread }, ours };
}
