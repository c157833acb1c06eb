import { createHash, randomInt, timingSafeEqual } from 'node:crypto';
import type { Clock } from '../lib/clock.ts';
import type { Store } from '../store/store.ts';

const validMs = 600_000;
/** Of one sender: from then on only that sender is not heard. */
const mostWrong = 5;
/** Of all together: of 2^40 codes they are nothing, and nobody can fill the store. */
const mostWrongOfAll = 50;
// No 0 and O, no 1 and I: a code is read from one screen and typed into another.
const alphabet = 'ABCDEFGHJKLMNPQRSTUVWXYZ23456789';
const codeLength = 8;

/** A new one-time code for a channel; the one before is void. Only its hash is kept. */
export function openPairing(
  { store, clock }: { store: Store; clock: Clock },
  channel: string,
): { code: string; expiresAt: number } {
  const code = Array.from({ length: codeLength }, () => alphabet[randomInt(alphabet.length)]).join('');
  const expiresAt = clock.now() + validMs;
  store.pairings.open(channel, { codeHash: hashOf(code), expiresAt });
  return { code, expiresAt };
}

/** A sender and the code they wrote. */
export interface Candidate {
  readonly channel: string;
  readonly senderId: string;
  readonly name: string;
  readonly code: string;
}

/** False when nothing this sender writes can pair: no code is open, or they have tried too often. */
export function mayPair({ store }: { store: Store }, sender: Pick<Candidate, 'channel' | 'senderId'>): boolean {
  return store.pairings.get(sender.channel) !== undefined && store.pairings.triesOf(sender) < mostWrong;
}

/**
 * Makes the sender an owner when the code is that channel's open one; the code is used up. A wrong one counts: five are
 * the last that a sender may try, fifty of all senders void the code. Joins the caller's transaction.
 */
export function pairOwner(
  { store, clock }: { store: Store; clock: Clock },
  candidate: Candidate,
): 'paired' | 'refused' | 'expired' {
  const { channel, senderId, name } = candidate;
  const open = store.pairings.get(channel);
  if (!open || !mayPair({ store }, candidate)) return 'refused';
  const given = Buffer.from(hashOf(normalised(candidate.code)), 'hex');
  if (!timingSafeEqual(given, Buffer.from(open.codeHash, 'hex'))) {
    countWrong({ store }, candidate);
    return 'refused';
  }
  store.pairings.close(channel);
  if (clock.now() >= open.expiresAt) return 'expired';
  store.owners.add({ channel, senderId, name }, clock.now());
  return 'paired';
}

/** A try that was none. Joins the caller's transaction. */
export function countWrong({ store }: { store: Store }, sender: Pick<Candidate, 'channel' | 'senderId'>): void {
  store.pairings.countWrong(sender);
  if ((store.pairings.get(sender.channel)?.tries ?? 0) >= mostWrongOfAll) store.pairings.close(sender.channel);
}

function normalised(code: string): string {
  return code.toUpperCase().replace(/[\s-]/g, '');
}

function hashOf(code: string): string {
  return createHash('sha256').update(code).digest('hex');
}
