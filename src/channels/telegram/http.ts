import { type Agent, type IncomingMessage, request as plainRequest } from 'node:http';
import { request as secureRequest } from 'node:https';
import { Readable } from 'node:stream';

/** grammY's signals and Node's alike. */
type Signal = Pick<AbortSignal, 'aborted' | 'addEventListener' | 'removeEventListener'>;

interface Ask {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | AsyncIterable<Uint8Array>;
  readonly signal: Signal;
  readonly agent: Agent;
}

/**
 * One request over a kept connection. In the place of grammY's own client, which waits for ever when a connection dies in
 * the middle of an answer: here that is an error at once, as it is when `signal` aborts. Redirects are not followed.
 */
export function ask(url: string, { method, headers, body, signal, agent }: Ask): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const open = url.startsWith('https:') ? secureRequest : plainRequest;
    const request = open(url, { agent, ...(method ? { method } : {}), ...(headers ? { headers } : {}) });
    const end = () => void request.destroy(new Error('broken off'));
    // Not once: a connection may fail again after its answer, and an error that nobody hears ends the process.
    request.on('error', reject);
    request.once('response', (response) => resolve(response.on('error', reject)));
    request.once('close', () => signal.removeEventListener('abort', end));
    if (signal.aborted) end();
    signal.addEventListener('abort', end);
    if (typeof body === 'object') Readable.from(body).pipe(request);
    else request.end(body);
  });
}

/** What grammY needs of a `fetch`. */
export async function fetchJson(url: string, options: Ask): Promise<{ json(): Promise<unknown> }> {
  const response = await ask(url, options);
  const text = (await readAll(response)).toString();
  return { json: async () => JSON.parse(text) };
}

/** Throws `over` for what is longer than `maxBytes`. */
export async function readAll(
  response: IncomingMessage,
  { maxBytes, over }: { maxBytes: number; over: () => Error } = unlimited,
): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of response) {
    size += chunk.length;
    // Leaving the loop ends the connection.
    if (size > maxBytes) throw over();
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

const unlimited = { maxBytes: Number.POSITIVE_INFINITY, over: () => new Error('too much') };
