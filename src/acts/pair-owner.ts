import { createHash, randomInt, timingSafeEqual } from 'node:crypto';
import type { Clock } from '../lib/clock.ts';
import type { Store } from '../store/store.ts';

const validMs = 600_000;
const mostWrong = 5;
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

/**
 * Makes the sender an owner when the code is that channel's open one; the code is used up. A wrong one counts, and the
 * fifth voids the code. Joins the caller's transaction.
 */
export function pairOwner(
  { store, clock }: { store: Store; clock: Clock },
  candidate: Candidate,
): 'paired' | 'refused' | 'expired' {
  const { channel, senderId, name } = candidate;
  const open = store.pairings.get(channel);
  if (!open) return 'refused';
  const given = Buffer.from(hashOf(normalised(candidate.code)), 'hex');
  if (!timingSafeEqual(given, Buffer.from(open.codeHash, 'hex'))) {
    if (open.tries + 1 >= mostWrong) store.pairings.close(channel);
    else store.pairings.countWrong(channel);
    return 'refused';
  }
  store.pairings.close(channel);
  if (clock.now() >= open.expiresAt) return 'expired';
  store.owners.add({ channel, senderId, name }, clock.now());
  return 'paired';
}

function normalised(code: string): string {
  return code.toUpperCase().replace(/[\s-]/g, '');
}

function hashOf(code: string): string {
  return createHash('sha256').update(code).digest('hex');
}
