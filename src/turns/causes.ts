import { backoffMs } from '../lib/backoff.ts';
import { NanoclawError } from '../model/errors.ts';

/** Why a turn failed although its message is innocent. Such rows wait and spend no attempt. */
export type Cause = 'credential' | 'no-credential' | 'overloaded' | 'network' | 'sandbox' | 'disk';

export type Failure =
  /** The turn failed by itself: what it had taken spends an attempt. */
  | { readonly type: 'message'; readonly reason: string }
  | { readonly type: 'outside'; readonly cause: Cause; readonly detail: string }
  /** We ended it: nothing is spent. */
  | { readonly type: 'ours' };

/** Tries after which a message is given up; the waits between them are 5, 10, 20, 40, 80 s. */
export const maxAttempts = 6;
/** A message claimed this often without the agent ever taking it is given up. */
export const maxClaims = 20;

const fiveMinutesMs = 300_000;
/** Never by itself: a restart or a new message tries again. */
const notByItself = Number.MAX_SAFE_INTEGER;

export function retryAt(cause: Cause, tries: number, now: number): number {
  switch (cause) {
    case 'credential':
    case 'no-credential':
      return notByItself;
    case 'sandbox':
      return now + 5_000;
    case 'overloaded':
    case 'network':
    case 'disk':
      return now + backoffMs(tries, fiveMinutesMs);
  }
}

/** The one line a chat is told. */
export function noticeOf(cause: Cause, detail: string): string {
  switch (cause) {
    case 'credential':
      return `⏸ The model refused my credential (${detail}). Your message is kept; put a valid key into .env and start me again, and I will answer it.`;
    case 'no-credential':
      return '⏸ I have no model credential yet. Your message is kept; I will answer it when the owner has added one (a line in .env, then a restart).';
    case 'overloaded':
      return `⏸ The model is overloaded right now (${detail}). Your message is kept; I keep trying and will answer it.`;
    case 'network':
      return `⏸ I cannot reach the model (${detail}). Your message is kept; I keep trying and will answer it.`;
    case 'sandbox':
      return `⏸ I cannot start my sandbox: ${detail} Your message is kept; I keep trying and will answer it.`;
    case 'disk':
      return `⏸ ${detail} Your message is kept; I will answer it when there is room again.`;
  }
}

/** What an error on the way to a running container means for the message that wanted it. */
export function failureOf(error: unknown): Failure {
  if (error instanceof NanoclawError && /^(sandbox|gateway)\./.test(error.code)) {
    const detail = error.cure ? `${error.message} ${error.cure}` : error.message;
    return { type: 'outside', cause: 'sandbox', detail };
  }
  return { type: 'message', reason: error instanceof Error ? error.message : String(error) };
}
