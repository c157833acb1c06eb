// What becomes of grammY's errors. They hold the address with the token and the whole payload, so none of them, and no
// text that comes from below them, may leave this folder.
import { GrammyError, HttpError } from 'grammy/web';
import { NanoclawError, systemCode } from '../../model/errors.ts';
import { Busy } from '../channel.ts';

/** Why a call failed. */
export interface Failure {
  /** Telegram's code; undefined when no answer came. */
  readonly code: number | undefined;
  /** Nobody knows whether it was done: the bytes may have arrived, or a server on the way has answered. */
  readonly unsure: boolean;
  readonly description: string;
  readonly retryAfterMs: number | undefined;
  /** The chat has this id now. */
  readonly movedTo: number | undefined;
}

/** No connection was made. */
const neverSent = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH', 'ENETDOWN']);

/** Undefined for what is no failure of a call. */
export function failureOf(error: unknown): Failure | undefined {
  if (error instanceof GrammyError) {
    const { retry_after, migrate_to_chat_id } = error.parameters;
    return {
      code: error.error_code,
      unsure: error.error_code >= 500,
      description: error.description,
      retryAfterMs: retry_after === undefined ? undefined : retry_after * 1000,
      movedTo: migrate_to_chat_id,
    };
  }
  if (!(error instanceof HttpError)) return undefined;
  const unsure = !neverSent.has(systemCode(error.error) ?? '');
  return { code: undefined, unsure, description: reasonOf(error.error), retryAfterMs: undefined, movedTo: undefined };
}

/** A failure in words that may be logged. */
export function wordsOf(error: unknown): string {
  const failure = failureOf(error);
  if (!failure) return error instanceof Error ? error.message : String(error);
  return failure.code === undefined ? `no answer (${failure.description})` : failure.description;
}

/** Why Telegram does not let us in. */
export function startError(error: unknown): Error {
  const failure = failureOf(error);
  if (failure?.code === 401 || failure?.code === 404) return badToken();
  return retriable(error);
}

export function badToken(): NanoclawError {
  return new NanoclawError('channel.refused', 'Telegram does not accept the bot token.', {
    cure: 'Ask @BotFather for it (/mybots, API Token), put it into .env as TELEGRAM_BOT_TOKEN and start again.',
  });
}

export function conflict(description: string): NanoclawError {
  if (description.includes('webhook')) {
    return new NanoclawError('channel.conflict', 'Another program has set a webhook for this bot.', {
      cure: 'Stop it, or give it a bot of its own: @BotFather, /newbot.',
    });
  }
  return new NanoclawError(
    'channel.conflict',
    'Another program receives the messages of this bot with the same token.',
    {
      cure: 'Stop it, or give it a bot of its own: @BotFather, /newbot.',
    },
  );
}

/** What `send` and `edit` throw: `channel.refused` where Telegram has said no for good, `channel.unsure` where it may be done. */
export function deliveryError(error: unknown): Error {
  const failure = failureOf(error);
  if (failure?.code === 403) return refused(`Telegram does not let me write there: ${forbidden(failure.description)}.`);
  if (failure?.code === 413) return refused('Telegram does not take a file this large.');
  if (failure?.unsure) return new NanoclawError('channel.unsure', retriable(error).message);
  if (failure?.code !== 400) return retriable(error);
  if (/chat not found|PEER_ID_INVALID/i.test(failure.description)) {
    return refused('Telegram knows no such chat, or that person has never written to this bot.');
  }
  return refused(`Telegram refuses this message: ${failure.description.replace(/^Bad Request: /, '')}.`);
}

export function refused(sentence: string): NanoclawError {
  return new NanoclawError('channel.refused', sentence);
}

function retriable(error: unknown): Error {
  const failure = failureOf(error);
  if (!failure) return error instanceof Error ? error : new Error(String(error));
  if (failure.code === undefined) {
    return new NanoclawError('channel.unreachable', `Telegram did not answer (${failure.description}).`);
  }
  if (failure.retryAfterMs !== undefined) {
    return new Busy('Telegram', failure.retryAfterMs);
  }
  return new NanoclawError('channel.failed', `Telegram answered ${failure.code}: ${failure.description}.`);
}

function forbidden(description: string): string {
  if (/blocked/.test(description)) return 'the person has blocked the bot';
  if (/deactivated/.test(description)) return 'the account is gone';
  if (/kicked|not a member|bot was removed/.test(description)) return 'the bot was taken out of the chat';
  if (/initiate/.test(description)) return 'the person has to write to the bot first';
  return description.replace(/^Forbidden: /, '');
}

function reasonOf(error: unknown): string {
  if (error instanceof SyntaxError) return 'an answer that is not of Telegram';
  const code = systemCode(error);
  if (code !== undefined || !(error instanceof Error)) return code ?? 'connection lost';
  return /timed out|broken off/.exec(error.message)?.[0] ?? 'connection lost';
}
