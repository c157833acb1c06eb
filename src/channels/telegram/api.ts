import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { autoRetry } from '@grammyjs/auto-retry';
import { Api, type RawApi } from 'grammy';
import { fetchJson } from './http.ts';

/** Where Telegram asks to wait longer, the host's own retries are for that. */
const longestWaitSeconds = 5;

/** An idle connection is ended by us before Telegram ends it: what is sent into a closing one is lost, and nobody knows. */
const kept = { keepAlive: true, timeout: 50_000 };

/** What we use of the Bot API. */
type Method =
  | 'answerCallbackQuery'
  | 'deleteWebhook'
  | 'editMessageCaption'
  | 'editMessageText'
  | 'getFile'
  | 'getUpdates'
  | 'sendAnimation'
  | 'sendAudio'
  | 'sendChatAction'
  | 'sendDocument'
  | 'sendMessage'
  | 'sendMessageDraft'
  | 'sendPhoto'
  | 'sendRichMessage'
  | 'sendRichMessageDraft'
  | 'sendVideo'
  | 'sendVoice'
  | 'setMessageReaction'
  | 'setMyCommands';

// grammY's signals are of a type that Node's are not quite; of either it uses what is here. A method, for its looser check.
type Signal = Pick<AbortSignal, 'aborted'>;
interface Call<M extends Method> {
  call(args: NonNullable<Parameters<RawApi[M]>[0]>, signal?: Signal): ReturnType<RawApi[M]>;
}
interface GetMe {
  getMe(signal?: Signal): ReturnType<RawApi['getMe']>;
}

export type Calls = GetMe & { readonly [M in Method]: Call<M>['call'] };

export interface TelegramApi {
  readonly calls: Calls;
  /** For downloads, over the same connections. */
  readonly agent: HttpAgent;
  close(): void;
}

/**
 * The Bot API over connections that are kept: a call on a fresh one would cost an answer two more round trips. A short
 * wait that Telegram asks for is waited here; everything else is the caller's to judge.
 */
export function openApi(token: string, root: string): TelegramApi {
  const agent = root.startsWith('https:') ? new HttpsAgent(kept) : new HttpAgent(kept);
  const api = new Api(token, { apiRoot: root, baseFetchConfig: { agent }, fetch: fetchJson });
  api.config.use(
    autoRetry({
      maxRetryAttempts: 2,
      maxDelaySeconds: longestWaitSeconds,
      rethrowInternalServerErrors: true,
      rethrowHttpErrors: true,
    }),
  );
  return { calls: api.raw, agent, close: () => agent.destroy() };
}
