import type { ResultError } from '../../../protocol/mailbox.ts';
import type { SdkResult } from './sdk-events.ts';

/** What the SDK said of a failing answer just before the result that follows from it. */
export interface Clues {
  readonly reason?: string;
  readonly resetsAt?: number;
}

/** The SDK's words for "the credential is not accepted". Some of these come without any status. */
const credentialReasons = new Set([
  'authentication_failed',
  'oauth_org_not_allowed',
  'account_on_hold',
  'verification_required',
  'billing_error',
  'cloud_credential_error',
]);
const lostConnection = /ECONN|ENOTFOUND|EAI_AGAIN|ETIMEDOUT|EPIPE|connection|reach the API|socket|timed? ?out|network/i;

/** Why a turn failed: a coarse word for it, and everything the SDK gave that may tell more. The host's table decides. */
export function classify(result: SdkResult, clues: Clues): ResultError {
  const words = result.result || result.errors.join('; ') || `The agent ended with ${result.subtype}.`;
  const status = result.api_error_status ?? undefined;
  const message = words.slice(0, 2_000);
  const { stop_reason: stop } = result;
  return {
    code: codeOf(result, { status, reason: clues.reason, words }),
    message,
    ...(status !== undefined && { status }),
    ...clues,
    ...(stop && stop !== 'stop_sequence' && { stop }),
  };
}

function codeOf(
  result: SdkResult,
  cause: { status: number | undefined; reason: string | undefined; words: string },
): ResultError['code'] {
  const { status, reason, words } = cause;
  if (status === 401 || status === 402 || status === 403) return 'credential';
  if (reason !== undefined && credentialReasons.has(reason)) return 'credential';
  if (result.terminal_reason === 'prompt_too_long') return 'prompt-too-long';
  if (status === 429 || reason === 'rate_limit' || reason === 'overloaded') return 'overloaded';
  // What the gateway, or a proxy before the model, says of a server that is not there or is silent.
  if (status === 502 || status === 504) return 'network';
  if (status !== undefined) return status >= 500 ? 'overloaded' : 'model';
  if (result.errors.some(isUnknownSession)) return 'session';
  if (result.terminal_reason !== 'api_error') return 'agent';
  // The request went out and no answer came back at all, or one that is none.
  return lostConnection.test(words) && reason !== 'unknown' && reason !== 'invalid_request' ? 'network' : 'model';
}

/** What the SDK says when a session can neither be resumed nor begun under its id. */
export function isUnknownSession(sentence: string): boolean {
  return /No conversation found|Session ID .* is already in use|not a UUID|Invalid session ID/i.test(sentence);
}

export function sentenceOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
