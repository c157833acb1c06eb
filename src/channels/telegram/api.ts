import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
// The build for browsers: one file and no client of its own, loaded in a tenth of the time and memory of Node's.
import { Api, InputFile, type RawApi, type Transformer } from 'grammy/web';
import { type Clock, pause } from '../../lib/clock.ts';
import { fetchJson } from './http.ts';

/** Where Telegram asks to wait longer, the host's own retries are for that. */
const longestWaitMs = 5_000;

/** An idle connection is ended by us before Telegram ends it: what is sent into a closing one is lost, and nobody knows. */
const kept = { keepAlive: true, timeout: 50_000 };

/** What we use of the Bot API. */
type Method =
  | 'answerCallbackQuery'
  | 'deleteWebhook'
  | 'editMessageCaption'
  | 'editMessageText'
  | 'getChat'
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
 * wait that Telegram asks for is waited here, once; everything else is the caller's to judge.
 */
export function openApi({ token, root, clock }: { token: string; root: string; clock: Clock }): TelegramApi {
  const agent = root.startsWith('https:') ? new HttpsAgent(kept) : new HttpAgent(kept);
  const api = new Api(token, { apiRoot: root, baseFetchConfig: { agent }, fetch: fetchJson });
  api.config.use(async (call, method, payload, signal) => {
    const answer = await call(method, payload, signal);
    const waitMs = answer.ok ? undefined : (answer.parameters?.retry_after ?? Number.POSITIVE_INFINITY) * 1000;
    // A file was read to its end by the first try.
    const again = waitMs !== undefined && waitMs <= longestWaitMs && !Object.values(payload).some(isFile);
    return again && (await waited(waitMs, { clock, signal })) ? call(method, payload, signal) : answer;
  });
  return { calls: api.raw, agent, close: () => agent.destroy() };
}

// The clock's `pause` takes Node's own signals only.
async function waited(
  ms: number,
  { clock, signal }: { clock: Clock; signal: Parameters<Transformer>[3] },
): Promise<boolean> {
  const end = new AbortController();
  const abort = () => end.abort();
  if (signal?.aborted) return false;
  signal?.addEventListener('abort', abort);
  const full = await pause(clock, ms, end.signal);
  signal?.removeEventListener('abort', abort);
  return full;
}

function isFile(value: unknown): boolean {
  return value instanceof InputFile;
}
