import { randomUUID } from 'node:crypto';
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import { z } from 'zod';
import { type Clock, systemClock } from '../../lib/clock.ts';
import { parseJson } from '../../lib/json.ts';
import { maxRequestBytes, sendApiError } from '../model-api.ts';
import { messagesBody } from './body.ts';
import { builtInReply } from './built-in.ts';
import { type RehearsalContext, readConversation } from './conversation.ts';
import type { Reply } from './reply.ts';
import { estimateTokens, sendReply } from './send.ts';

/** Decides what the model does with one request; undefined leaves it to the built-in behaviour. A throw is a 500. */
export type Script = (context: RehearsalContext) => Reply | undefined | Promise<Reply | undefined>;

export interface RehearsalOptions {
  readonly script?: Script;
  readonly clock?: Clock;
  /** How many requests `requests` keeps; 0 for a host in use, whose conversations are nobody's business. Default 1000. */
  readonly remember?: number;
}

/** One request for a message (`POST /v1/messages`), for assertions. */
export interface RehearsalRequest {
  readonly context: RehearsalContext;
  readonly headers: IncomingHttpHeaders;
  readonly at: number;
  /** Undefined until the script has decided. */
  reply: Reply | undefined;
  /** How the client got it: everything, or not (it left, or we cut it). Undefined while it lasts. */
  outcome: 'answered' | 'broken' | undefined;
}

/**
 * The stand-in for Claude: speaks the Messages API as the Agent SDK uses it, without a port of its own and without a
 * network. What it answers: the replies given to `next` in their order, then the script, then the built-in behaviour.
 */
export class Rehearsal {
  /** The newest requests for a message, oldest first. */
  readonly requests: RehearsalRequest[] = [];
  script: Script | undefined;
  readonly #clock: Clock;
  readonly #remember: number;
  readonly #next: Reply[] = [];
  readonly #waiting = new Set<() => void>();
  // A session lives on after us, and the SDK drops a tool call whose id it has seen before.
  readonly #own = randomUUID().slice(0, 8);
  #count = 0;
  #ids = 0;

  constructor({ script, clock = systemClock, remember = 1000 }: RehearsalOptions = {}) {
    this.script = script;
    this.#clock = clock;
    this.#remember = remember;
  }

  /** Requests for a message so far, remembered or not. */
  get count(): number {
    return this.#count;
  }

  /** Each of these answers one request, before any script. */
  next(...replies: readonly Reply[]): void {
    this.#next.push(...replies);
  }

  /** Resolves when that many requests for a message have come, with the last of them; rejects after `withinMs`. */
  async seen(count: number, withinMs = 10_000): Promise<RehearsalRequest> {
    return new Promise((resolve, reject) => {
      const look = () => {
        const request = this.#count < count ? undefined : this.requests.at(count - this.#count - 1);
        if (request === undefined) return;
        end();
        resolve(request);
      };
      const timer = this.#clock.after(withinMs, () => {
        end();
        reject(new Error(`The rehearsal model saw ${this.#count} of ${count} requests within ${withinMs} ms.`));
      });
      const end = () => {
        timer[Symbol.dispose]();
        this.#waiting.delete(look);
      };
      this.#waiting.add(look);
      look();
    });
  }

  /** The request handler; may be handed around without its object. */
  readonly handle = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const path = (request.url ?? '').split('?', 1)[0] ?? '';
    if (request.method === 'POST' && path === '/v1/messages') return this.#answer(request, response);
    if (request.method === 'POST' && path === '/v1/messages/count_tokens') {
      const text = await read(request, response);
      if (text !== undefined) sendJson(response, { input_tokens: estimateTokens(text) });
      return;
    }
    request.resume();
    if (request.method === 'HEAD' && path === '/') response.writeHead(200).end();
    else if (request.method === 'GET' && path === '/v1/models') sendJson(response, modelList());
    else if (request.method === 'GET' && path.startsWith('/v1/models/'))
      sendJson(response, model(path.slice('/v1/models/'.length)));
    else
      sendApiError(response, { status: 404, type: 'not_found_error', message: `The rehearsal model has no ${path}.` });
  };

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const text = await read(request, response);
    if (text === undefined) return;
    const body = messagesBody.safeParse(parseJson(text));
    if (!body.success) {
      sendApiError(response, {
        status: 400,
        type: 'invalid_request_error',
        message: `Not a Messages API request: ${z.prettifyError(body.error)}`,
      });
      return;
    }
    this.#count += 1;
    const context = readConversation(body.data, { count: this.#count, headers: request.headers });
    const record: RehearsalRequest = {
      context,
      headers: request.headers,
      at: this.#clock.now(),
      reply: undefined,
      outcome: undefined,
    };
    const left = new AbortController();
    response.once('close', () => {
      record.outcome = response.writableFinished ? 'answered' : 'broken';
      left.abort();
    });
    this.requests.push(record);
    this.requests.splice(0, this.requests.length - this.#remember);
    for (const look of [...this.#waiting]) look();

    record.reply = await this.#decide(context);
    await sendReply(response, record.reply, {
      body: body.data,
      clock: this.#clock,
      signal: left.signal,
      nextId: (prefix) => `${prefix}_rehearsal_${this.#own}_${++this.#ids}`,
    });
  }

  async #decide(context: RehearsalContext): Promise<Reply> {
    try {
      return this.#next.shift() ?? (await this.script?.(context)) ?? builtInReply(context);
    } catch (error) {
      const message = `The script of the rehearsal model failed: ${error instanceof Error ? error.stack : String(error)}`;
      return { type: 'fail', error: { status: 500, type: 'api_error', message } };
    }
  }
}

export function createRehearsal(options: RehearsalOptions = {}): Rehearsal {
  return new Rehearsal(options);
}

/** The body as text; undefined when the client left or was told that it is too large. */
async function read(request: IncomingMessage, response: ServerResponse): Promise<string | undefined> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  try {
    for await (const chunk of request) {
      const piece = Buffer.isBuffer(chunk) ? chunk : Buffer.from(String(chunk));
      bytes += piece.length;
      if (bytes <= maxRequestBytes) chunks.push(piece);
    }
  } catch {
    // The client left in the middle of its question: there is nobody to tell.
    response.destroy();
    return undefined;
  }
  if (bytes <= maxRequestBytes) return Buffer.concat(chunks).toString('utf8');
  sendApiError(response, { status: 413, type: 'request_too_large', message: 'The request is too large.' });
  return undefined;
}

function sendJson(response: ServerResponse, value: unknown): void {
  const body = JSON.stringify(value);
  response.writeHead(200, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) }).end(body);
}

function model(id: string): object {
  return { type: 'model', id, display_name: id, created_at: '2026-01-01T00:00:00Z' };
}

function modelList(): object {
  return { data: [model('rehearsal')], has_more: false, first_id: 'rehearsal', last_id: 'rehearsal' };
}
