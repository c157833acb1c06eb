import { type ClientRequest, Agent as HttpAgent, type IncomingMessage, request as plainRequest } from 'node:http';
import { Agent as HttpsAgent, request as secureRequest } from 'node:https';
import { Readable } from 'node:stream';
import { NanoclawError, systemCode } from '../../model/errors.ts';
import type { ChannelParts } from '../manifest.ts';

/** A platform's library may have signals of its own; of either this is used. */
type Signal = Pick<AbortSignal, 'aborted' | 'addEventListener' | 'removeEventListener'>;

export interface HttpRequest {
  readonly method?: string | undefined;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  readonly body?: string | AsyncIterable<Uint8Array> | undefined;
  readonly signal: Signal;
  /** Of the answer; 16 MB if not given. `http.too-large` for what is longer. */
  readonly maxBytes?: number;
}

export interface HttpAnswer {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly body: Buffer;
}

/** No answer came. Its message may be logged: it holds no address and nothing of what was sent. */
export class HttpFailed extends NanoclawError {
  /** The whole request had left: the other side may have done it. */
  readonly left: boolean;

  constructor(reason: string, left: boolean) {
    super('http.failed', reason);
    this.left = left;
  }
}

export interface Http {
  request(url: string, request: HttpRequest): Promise<HttpAnswer>;
  close(): void;
}

/** An idle connection is ended by us before the platform ends it: what is sent into a closing one is lost, and nobody knows. */
const kept = { keepAlive: true, timeout: 50_000 };
const mebi = 1024 * 1024;

/**
 * Requests over connections that are kept: on a fresh one a call would cost an answer two more round trips. To the origins
 * given and nowhere else; redirects are not followed. A connection that dies in the middle of an answer is an error at once.
 */
export function openHttp(origins: readonly string[], agentFor: ChannelParts['agentFor']): Http {
  const own = { 'http:': new HttpAgent(kept), 'https:': new HttpsAgent(kept) };
  const closing = new AbortController();
  return {
    async request(address, request) {
      const url = new URL(address);
      if (!origins.includes(url.origin)) throw new HttpFailed(`${url.host} is no host of this platform`, false);
      if (request.signal.aborted || closing.signal.aborted) throw new HttpFailed('broken off', false);
      const secure = url.protocol === 'https:';
      const agent = agentFor?.(url) ?? own[secure ? 'https:' : 'http:'];
      const { method = 'GET', headers = {} } = request;
      const sent = (secure ? secureRequest : plainRequest)(url, { agent, method, headers });
      return await answerTo(sent, request, closing.signal);
    },
    close() {
      closing.abort();
      for (const agent of Object.values(own)) agent.destroy();
    },
  };
}

async function answerTo(sent: ClientRequest, request: HttpRequest, closing: AbortSignal): Promise<HttpAnswer> {
  const { signal, body, maxBytes = 16 * mebi } = request;
  let left = false;
  const source = typeof body === 'object' ? Readable.from(body) : undefined;
  const end = () => void sent.destroy(new Error('broken off'));
  for (const one of [signal, closing]) one.addEventListener('abort', end);
  try {
    const response = await new Promise<IncomingMessage>((resolve, reject) => {
      // Not once: a connection may fail again after its answer, and an error that nobody hears ends the process.
      sent.on('error', reject);
      sent.once('finish', () => {
        left = true;
      });
      sent.once('response', (answer) => resolve(answer.on('error', reject)));
      if (source) source.on('error', end).pipe(sent);
      else sent.end(body);
    });
    left = true;
    return { status: response.statusCode ?? 0, headers: response.headers, body: await readAll(response, maxBytes) };
  } catch (error) {
    sent.destroy();
    if (error instanceof NanoclawError) throw error;
    throw new HttpFailed(reasonOf(error), left);
  } finally {
    source?.destroy();
    for (const one of [signal, closing]) one.removeEventListener('abort', end);
  }
}

async function readAll(response: IncomingMessage, maxBytes: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of response) {
    size += chunk.length;
    if (size > maxBytes) throw new NanoclawError('http.too-large', `The answer is longer than ${maxBytes} bytes.`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function reasonOf(error: unknown): string {
  const code = systemCode(error);
  if (code !== undefined || !(error instanceof Error)) return code ?? 'connection lost';
  return error.message === 'broken off' ? error.message : 'connection lost';
}
