// All that cli and console see of a running host.
import { connect, type Socket } from 'node:net';
import type { z } from 'zod';
import {
  type AdminMethod,
  type AdminParams,
  type AdminResult,
  adminLine,
  adminLineLimit,
  adminMethods,
  type ChatEvent,
} from '../../protocol/admin.ts';
import { NanoclawError, systemCode } from '../model/errors.ts';
import { type CutLine, LineCutter } from '../text/lines.ts';
import { checkSocketPath } from './socket-file.ts';

export type ChatListener = (event: ChatEvent) => unknown;

export interface AdminClient {
  /**
   * Rejects with the host's own code and sentence; with `admin.too-long`, sending nothing, when the request is over the
   * line limit; with `admin.closed` when the host goes away first.
   */
  call<M extends AdminMethod>(method: M, params: AdminParams<M>): Promise<AdminResult<M>>;
  /**
   * Heard in order with the replies: an event sent before a reply is heard before that call resolves. A message counts as
   * delivered when every listener has resolved, and is not when one rejects or nobody listens; it is heard once, however
   * often the host repeats it. Listen before `chat.attach`.
   */
  onEvent(listener: ChatListener): Disposable;
  close(): void;
  /** Resolves when the connection has ended, whoever ended it. */
  readonly closed: Promise<void>;
}

/** Throws `admin.not-running` when nobody answers there, `admin.refused` when the socket is another user's. */
export function connectAdmin(socketPath: string): Promise<AdminClient> {
  checkSocketPath(socketPath);
  return new Promise((resolve, reject) => {
    const socket = connect(socketPath);
    const onError = (error: Error) => reject(connectError(error, socketPath));
    socket.once('error', onError);
    socket.once('connect', () => {
      socket.off('error', onError);
      resolve(new SocketClient(socket));
    });
  });
}

interface Waiting {
  settle(result: unknown): void;
  fail(error: Error): void;
}

class SocketClient implements AdminClient {
  readonly closed: Promise<void>;
  readonly #socket: Socket;
  readonly #cutter = new LineCutter(adminLineLimit);
  readonly #waiting = new Map<number, Waiting>();
  readonly #listeners = new Set<ChatListener>();
  /** Messages heard, and what became of them. */
  readonly #heard = new Map<string, Promise<boolean>>();
  #lastId = 0;
  #reason: unknown;

  constructor(socket: Socket) {
    this.#socket = socket;
    this.closed = new Promise((resolve) => {
      socket.once('close', () => {
        for (const waiting of this.#waiting.values()) waiting.fail(closedError(this.#reason));
        this.#waiting.clear();
        resolve();
      });
    });
    socket.on('error', (error) => {
      this.#reason = error;
    });
    socket.on('data', (chunk) => this.#hear(chunk));
  }

  async call<M extends AdminMethod>(method: M, params: AdminParams<M>): Promise<AdminResult<M>> {
    const id = ++this.#lastId;
    const line = `${JSON.stringify({ id, method, params })}\n`;
    const bytes = Buffer.byteLength(line);
    if (bytes > adminLineLimit) {
      throw new NanoclawError('admin.too-long', `This is ${megabytes(bytes)}, too long to send.`, {
        cure: `At most ${megabytes(adminLineLimit)} go in one message: put it into a file and name the file.`,
      });
    }
    if (!this.#socket.writable) throw closedError(this.#reason);
    const result = await new Promise<unknown>((settle, fail) => {
      this.#waiting.set(id, { settle, fail });
      this.#socket.write(line);
    });
    const table: ResultSchemas = adminMethods;
    return table[method].result.parse(result);
  }

  onEvent(listener: ChatListener): Disposable {
    this.#listeners.add(listener);
    return { [Symbol.dispose]: () => this.#listeners.delete(listener) };
  }

  close(): void {
    this.#socket.end();
    this.#socket.unref();
  }

  #hear(chunk: Buffer): void {
    for (const cut of this.#cutter.push(chunk)) {
      const line = parsed(cut);
      if (line instanceof NanoclawError) {
        this.#socket.destroy(line);
        return;
      }
      this.#take(line);
    }
  }

  async #acknowledge(key: string, told: Promise<boolean>): Promise<void> {
    this.#heard.set(key, told);
    if (await told) await succeeds(this.call('chat.printed', { key }));
    else this.#heard.delete(key);
  }

  #take(line: z.output<typeof adminLine>): void {
    if ('event' in line) {
      const heard = line.event === 'message' ? this.#heard.get(line.key) : undefined;
      const told = heard ?? allOf([...this.#listeners].map((listener) => listener(line)));
      if (line.event === 'message') void this.#acknowledge(line.key, told);
      return;
    }
    const waiting = this.#waiting.get(line.id);
    this.#waiting.delete(line.id);
    if (line.ok) waiting?.settle(line.result);
    else waiting?.fail(new NanoclawError(line.error.code, line.error.message));
  }
}

type ResultSchemas = {
  readonly [M in AdminMethod]: { readonly result: { parse(value: unknown): AdminResult<M> } };
};

function parsed(line: CutLine): z.output<typeof adminLine> | NanoclawError {
  try {
    if (line.type === 'too-long') throw new Error('a line over the limit');
    return adminLine.parse(JSON.parse(line.text));
  } catch (error) {
    return new NanoclawError('admin.invalid', 'The host wrote something this command does not understand.', {
      cure: 'They are of different versions: ./nanoclaw stop, then start it again.',
      cause: error,
    });
  }
}

/** True when there was somebody, and nobody failed. */
async function allOf(listeners: readonly unknown[]): Promise<boolean> {
  return (await succeeds(Promise.all(listeners))) && listeners.length > 0;
}

async function succeeds(work: Promise<unknown>): Promise<boolean> {
  const [end] = await Promise.allSettled([work]);
  return end.status === 'fulfilled';
}

function connectError(error: Error, path: string): Error {
  const code = systemCode(error) ?? '';
  if (['ENOENT', 'ECONNREFUSED', 'ENOTSOCK', 'ENOTDIR'].includes(code)) {
    return new NanoclawError('admin.not-running', `No host is running here (nobody answers on ${path}).`, {
      cure: 'Start it: ./nanoclaw start.',
      cause: error,
    });
  }
  if (code === 'EACCES' || code === 'EPERM') {
    return new NanoclawError('admin.refused', `${path} belongs to another user.`, {
      cure: 'Run this command as the user who runs the host.',
      cause: error,
    });
  }
  return error;
}

function closedError(reason: unknown): NanoclawError {
  if (reason instanceof NanoclawError) return reason;
  return new NanoclawError('admin.closed', 'The host has gone away.', {
    cure: 'logs/nanoclaw.log says why; start it again: ./nanoclaw start.',
    cause: reason,
  });
}

function megabytes(bytes: number): string {
  return `${(bytes / 1024 / 1024).toFixed(1)} MB`;
}
