import { backoffMs } from '../lib/backoff.ts';
import { placeTrouble } from '../lib/place-trouble.ts';
import { NanoclawError, sentenceOf } from '../model/errors.ts';
import { isDiskFull } from '../store/trouble.ts';
import { shorten } from '../text/shorten.ts';

/** Why a turn failed although its message is innocent. Such rows wait and spend no attempt. */
export type Cause =
  | 'credential'
  | 'no-credential'
  | 'billing'
  | 'limit'
  | 'model'
  | 'address'
  | 'overloaded'
  | 'network'
  | 'sandbox'
  | 'disk'
  | 'budget';

/** Why rows wait although nothing is wrong with them. */
export interface Held {
  readonly cause: Cause;
  readonly detail: string;
  /** What is said of it: to any chat, and to the owner. Made from the cause where it is left out. */
  readonly words?: { readonly chat: string; readonly owner: string };
  /** Where it is known when they can be tried again. */
  readonly untilAt?: number | undefined;
  /** Main is told once for each; by default once an hour for each cause. */
  readonly once?: string | undefined;
}

export type Failure =
  /** The turn failed by itself: what it had taken spends an attempt. */
  | { readonly type: 'message'; readonly reason: string }
  /** Trying again cannot help: what it had taken is answered by this. `session`: see `failures.ts`. */
  | Ended
  | (Omit<Held, 'once'> & { readonly type: 'outside' })
  /** We ended it: nothing is spent. */
  | { readonly type: 'ours' };

export interface Ended {
  readonly type: 'ends';
  /** What any chat may read; `detail`, the server's own words, only the owner does. */
  readonly reason: string;
  readonly detail: string;
  readonly cure: string;
  readonly session?: 'suspect' | 'spoilt' | 'full' | 'tainted';
}

/** Tries after which a message is given up; the waits between them are 5, 10, 20, 40, 80 s. */
export const maxAttempts = 6;
/** A message claimed this often without the agent ever taking it is given up. */
export const maxClaims = 20;

const fiveMinutesMs = 300_000;
const quarterMs = 900_000;
/** Never by itself: a restart or a new message tries again. */
const notByItself = Number.MAX_SAFE_INTEGER;

export function retryAt(cause: Cause, tries: number, now: number): number {
  switch (cause) {
    case 'credential':
    case 'no-credential':
    case 'model':
    case 'budget':
      return notByItself;
    case 'billing':
    case 'limit':
      return now + quarterMs;
    case 'sandbox':
      return now + 5_000;
    case 'address':
    case 'overloaded':
    case 'network':
    case 'disk':
      return now + backoffMs(tries, fiveMinutesMs);
  }
}

/** In one sentence each: what any chat may know, and what the owner can do about it. */
export function causeText({ cause, detail, words }: Held): { chat: string; owner: string } {
  if (words) return words;
  switch (cause) {
    case 'no-credential':
      return {
        chat: 'I have no way to the model yet.',
        owner: 'I have no model credential: add a line ANTHROPIC_API_KEY=… to .env and start me again.',
      };
    case 'sandbox':
      return { chat: 'I cannot start working right now.', owner: `I cannot start my sandbox: ${detail}` };
    case 'disk':
      return { chat: 'I am out of room right now.', owner: detail };
    case 'budget':
      return { chat: 'What I may spend today is spent; I go on after midnight.', owner: detail };
    default:
      return { chat: 'I cannot reach the model right now.', owner: `I cannot go on: ${detail}.` };
  }
}

/** What an error on the way to a running container means for the message that wanted it. */
export function failureOfError(error: unknown): Failure {
  if (isDiskFull(error)) return { type: 'outside', cause: 'disk', detail: 'The disk of my home directory is full.' };
  if (error instanceof NanoclawError && /^(sandbox|gateway)\./.test(error.code)) {
    return { type: 'outside', cause: 'sandbox', detail: sentenceOf(error) };
  }
  const trouble = placeTrouble(error);
  if (trouble) return { type: 'outside', cause: 'sandbox', detail: sentenceOf(trouble) };
  return { type: 'message', reason: reasonIn(sentenceOf(error)) };
}

function reasonIn(text: string): string {
  return shorten(text, 200).replace(/\.$/, '');
}
