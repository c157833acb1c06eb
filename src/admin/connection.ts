import type { Socket } from 'node:net';
import {
  type AdminMethod,
  type AdminReply,
  type AdminResult,
  adminLineLimit,
  adminMethods,
  adminRequest,
  type ChatEvent,
} from '../../protocol/admin.ts';
import { parseJson } from '../lib/json.ts';
import type { Log } from '../lib/log.ts';
import { NanoclawError, sentenceOf } from '../model/errors.ts';
import { LineCutter } from '../text/lines.ts';
import type { AdminConnection, AdminHandlers, AdminInput } from './handlers.ts';

// A client that stopped reading (Ctrl-Z) must not fill our memory; two longest lines are more than any reader lags behind.
const mostUnread = 2 * adminLineLimit;

/** One client: its lines in, our lines out. */
export class Connection implements AdminConnection {
  readonly #socket: Socket;
  readonly #handlers: AdminHandlers;
  readonly #log: Log;
  readonly #gone = new AbortController();
  readonly #cutter = new LineCutter(adminLineLimit);
  readonly #answers = new Set<Promise<void>>();

  constructor(socket: Socket, handlers: AdminHandlers, log: Log) {
    this.#socket = socket;
    this.#handlers = handlers;
    this.#log = log;
    socket.on('data', (chunk) => this.#hear(chunk));
    socket.on('error', (error) => log.debug({ err: error }, 'admin connection failed'));
    socket.on('close', () => this.#gone.abort());
  }

  get signal(): AbortSignal {
    return this.#gone.signal;
  }

  emit(event: ChatEvent): Promise<boolean> {
    const line = lineOf(event);
    if (line === undefined) throw tooLong('A message');
    const left = this.#write(line);
    if (!this.#socket.writable) throw new NanoclawError('admin.gone', 'The client is gone.');
    return left;
  }

  /** Ends every wait, sends the replies that come of it, hangs up. */
  async end(): Promise<void> {
    this.#gone.abort();
    await Promise.all(this.#answers);
    this.#socket.end();
  }

  destroy(): void {
    this.#socket.destroy();
  }

  #hear(chunk: Buffer): void {
    for (const line of this.#cutter.push(chunk)) {
      const request = line.type === 'line' ? adminRequest.safeParse(parseJson(line.text)) : undefined;
      if (!request?.success) {
        this.#log.warn('an admin client wrote a line that is no request; hung up');
        this.#socket.destroy();
        return;
      }
      const { id, method, params = {} } = request.data;
      // Begun a moment later: a handler that ends the connection at once must find its own answer among those awaited.
      const answer = Promise.resolve().then(() => this.#answer(id, method, params));
      this.#answers.add(answer);
      void answer.finally(() => this.#answers.delete(answer));
    }
  }

  async #answer(id: number, method: string, params: unknown): Promise<void> {
    let reply: AdminReply;
    try {
      if (!isMethod(method)) {
        throw new NanoclawError('admin.unknown-method', `The running host does not know "${method}".`, {
          cure: 'It is of another version: ./nanoclaw stop, then start it again.',
        });
      }
      reply = { id, ok: true, result: await this.#run(method, params) };
    } catch (error) {
      if (!(error instanceof NanoclawError)) this.#log.error({ err: error, method }, 'an admin request failed');
      const code = error instanceof NanoclawError ? error.code : 'host.failed';
      reply = { id, ok: false, error: { code, message: sentenceOf(error) } };
    }
    const { message } = tooLong('The answer');
    void this.#write(lineOf(reply) ?? lineOf({ id, ok: false, error: { code: 'admin.too-long', message } }) ?? '');
  }

  #run<M extends AdminMethod>(method: M, params: unknown): AdminResult<M> | Promise<AdminResult<M>> {
    const table: ParamSchemas = adminMethods;
    const parsed = table[method].params.safeParse(params);
    if (!parsed.success) {
      const first = parsed.error.issues[0];
      const what = first?.path.length ? `${first.path.join('.')}: ${first.message}` : first?.message;
      throw new NanoclawError('admin.invalid', `${method} was asked wrongly: ${what}.`);
    }
    return this.#handlers[method](parsed.data, this);
  }

  #write(line: string): Promise<boolean> {
    if (!this.#socket.writable) return Promise.resolve(false);
    const left = new Promise<boolean>((resolve) => this.#socket.write(line, (error) => resolve(!error)));
    if (this.#socket.writableLength > mostUnread) {
      this.#log.warn('an admin client does not read; hung up');
      this.#socket.destroy();
    }
    return left;
  }
}

type ParamSchemas = {
  readonly [M in AdminMethod]: {
    readonly params: {
      safeParse(
        value: unknown,
      ):
        | { success: true; data: AdminInput<M> }
        | { success: false; error: { issues: readonly { path: readonly PropertyKey[]; message: string }[] } };
    };
  };
};

function isMethod(name: string): name is AdminMethod {
  return Object.hasOwn(adminMethods, name);
}

function lineOf(value: AdminReply | ChatEvent): string | undefined {
  const line = `${JSON.stringify(value)}\n`;
  return Buffer.byteLength(line) > adminLineLimit ? undefined : line;
}

function tooLong(what: string): NanoclawError {
  return new NanoclawError('admin.too-long', `${what} is longer than ${adminLineLimit >> 20} MB.`);
}
