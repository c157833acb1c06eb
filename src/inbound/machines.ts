// Machines that answer machines: each answer of ours wakes another of theirs, and every one is paid for. What a person
// could not do any more counts as a machine's, whether or not it says that it is one.
import type { SaidLately } from '../store/messages.ts';
import type { Store } from '../store/store.ts';

/**
 * An exchange is a message that wakes us after we said something: our answer, then theirs. A person needs about 15 s for
 * one (our answer takes 5 s at least, theirs is read and typed: ten words at 40 a minute); 40 in ten minutes are that
 * without a pause, 100 an hour and 300 a day more than anybody keeps up. Nobody's owner: for an owner nothing is counted.
 */
const mostOfPeople = [
  { most: 40, withinMs: 600_000 },
  { most: 100, withinMs: 3_600_000 },
  { most: 300, withinMs: 86_400_000 },
];
/** Nobody has read an answer within 2 s and written one: not ten times in a row. */
const quick = { inARow: 10, withinMs: 2_000 };
/** One that says it is a machine: enough for what an alarm has to say, not for a conversation. */
const mostOfMachines = [
  { most: 8, withinMs: 600_000 },
  { most: 20, withinMs: 86_400_000 },
];
const dayMs = 86_400_000;
const hourMs = 3_600_000;

interface Exchange {
  readonly at: number;
  /** After ours. */
  readonly gapMs: number;
}

export interface Asking {
  readonly jid: string;
  readonly senderId: string;
  readonly isMachine: boolean;
  readonly now: number;
}

export type Heed =
  | { readonly type: 'go' }
  /** It was too much before, until then. */
  | { readonly type: 'quiet' }
  /** It is too much now: how often it was, and for how long nothing is answered there. */
  | { readonly type: 'trips'; readonly exchanges: number; readonly quietMs: number };

/** Whether one who is no owner may wake the group in that chat now. Reads only. */
export function heedMachines(store: Store, asking: Asking): Heed {
  const { jid, now } = asking;
  const quiet = store.chats.quiet(jid);
  if (quiet.untilAt > now) return { type: 'quiet' };
  const said = store.messages.since(jid, { after: quiet.countedFrom, since: now - dayMs });
  const exchanges = tooMany(exchangesWith(said, asking), asking);
  if (exchanges === undefined) return { type: 'go' };
  return { type: 'trips', exchanges, quietMs: now - quiet.untilAt < dayMs ? dayMs : hourMs };
}

function exchangesWith(said: readonly SaidLately[], { senderId, isMachine, now }: Asking): Exchange[] {
  const sinceOwner = said.slice(said.findLastIndex((one) => one.direction === 'in' && one.role === 'owner') + 1);
  const exchanges: Exchange[] = [];
  let oursAt: number | undefined;
  const theirs = (at: number) => {
    if (oursAt !== undefined) exchanges.push({ at, gapMs: at - oursAt });
    oursAt = undefined;
  };
  for (const one of sinceOwner) {
    if (one.direction === 'out') oursAt = one.at;
    else if (one.woke === 1 && (isMachine ? one.machine === 1 : one.sender === senderId)) theirs(one.at);
  }
  theirs(now);
  return exchanges;
}

/** How many there were, when that is more than may be. */
function tooMany(exchanges: readonly Exchange[], { isMachine, now }: Asking): number | undefined {
  const slow = exchanges.findLastIndex(({ gapMs }) => gapMs > quick.withinMs);
  const inARow = exchanges.length - 1 - slow;
  if (inARow > quick.inARow) return inARow;
  for (const { most, withinMs } of isMachine ? mostOfMachines : mostOfPeople) {
    const count = exchanges.filter(({ at }) => at > now - withinMs).length;
    if (count > most) return count;
  }
  return undefined;
}
