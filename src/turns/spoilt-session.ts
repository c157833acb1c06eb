// A conversation that the API refuses as a whole is left by itself: the second refusal of that kind in a row begins a new one.

import { endRecall } from '../acts/run-facts.ts';
import type { Ended } from './causes.ts';
import type { TurnParts } from './parts.ts';

type Parts = Pick<TurnParts, 'store' | 'clock'>;

const refusedOf = (folder: string) => `refused-in-a-row:${folder}`;
const spokenOf = (folder: string) => `spoken:${folder}`;

/**
 * What becomes of what was refused: it ends, it is asked once more as it is, or in a new conversation; `end-renewed`: it
 * ends, and the conversation with it; `end-fresh`: and what was said lately is not told again either. None of it spends a try.
 */
export type Remedy = 'end' | 'again' | 'renew' | 'end-renewed' | 'end-fresh';

/** Called once for each turn that was refused so. Joins the caller's transaction. */
export function remedyFor(parts: Parts, folder: string, refused: Ended): Remedy {
  const { store } = parts;
  if (refused.session === undefined) return 'end';
  const inARow = Number(store.facts.get(refusedOf(folder)) ?? '') + 1;
  store.facts.set(refusedOf(folder), String(inARow));
  // Declined again in a new conversation: it may be what was told of the old one.
  if (refused.session === 'tainted') return inARow > 1 ? 'end-fresh' : 'end-renewed';
  if (inARow === 2) return 'renew';
  // A new conversation was refused as well, or there is nothing in this one that could be at fault.
  if (inARow > 2 || !hasSpoken(parts, folder) || refused.session === 'suspect') return 'end';
  return refused.session === 'full' ? 'renew' : 'again';
}

/** The conversation has given an answer: nothing is wrong with it. Joins the caller's transaction. */
export function noteAnswer(parts: Parts, folder: string): void {
  const { store, clock } = parts;
  const session = store.sessions.ofGroup(folder, clock.now());
  if (store.facts.get(spokenOf(folder)) !== session) store.facts.set(spokenOf(folder), session);
  if ((store.facts.get(refusedOf(folder)) ?? '') !== '') store.facts.set(refusedOf(folder), '');
  endRecall(store, folder);
}

function hasSpoken({ store, clock }: Parts, folder: string): boolean {
  return store.facts.get(spokenOf(folder)) === store.sessions.ofGroup(folder, clock.now());
}
