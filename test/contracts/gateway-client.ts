import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import * as http from 'node:http';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface Answer {
  readonly status: number;
  readonly headers: http.IncomingHttpHeaders;
  readonly text: string;
}

export interface Question {
  readonly method?: string;
  readonly path?: string;
  readonly headers?: http.OutgoingHttpHeaders;
  readonly body?: string | Buffer;
}

/** What is inside a sandbox, reduced to its side of the gateway's socket. */
export class SandboxClient {
  readonly socketPath: string;

  constructor(directory: string) {
    this.socketPath = join(directory, 'gw.sock');
  }

  /** Begins a request; rejects when no answer begins. */
  async begin({
    method = 'POST',
    path = '/v1/messages',
    headers = {},
    body,
  }: Question = {}): Promise<http.IncomingMessage> {
    const request = http.request({ socketPath: this.socketPath, method, path, headers, agent: false });
    // Once there is an answer, a question that cannot be finished is no error.
    request.on('error', () => request.destroy());
    request.end(body);
    const [answer] = await once(request, 'response');
    if (!(answer instanceof http.IncomingMessage)) throw new Error('no answer');
    return answer;
  }

  async ask(question: Question = {}): Promise<Answer> {
    return readAnswer(await this.begin(question));
  }

  /** The status of a CONNECT, what it said when it refused, and the tunnel when it did not. */
  async tunnel(target: string): Promise<{ status: number; text: string; socket: Socket }> {
    const socket = connect({ path: this.socketPath, allowHalfOpen: true });
    socket.write(`CONNECT ${target} HTTP/1.1\r\nHost: ${target}\r\n\r\n`);
    const head = await readUntil(socket, '\r\n\r\n');
    const status = Number(/^HTTP\/1\.1 (\d+)/.exec(head)?.[1]);
    const length = Number(/content-length: (\d+)/i.exec(head)?.[1] ?? 0);
    const text = length === 0 ? '' : await readUntil(socket, (seen) => seen.length >= length);
    if (status !== 200) socket.destroy();
    return { status, text, socket };
  }

  /** Sends bytes as they are; resolves with everything that came until the other side closed. */
  async raw(bytes: string): Promise<string> {
    const socket = connect(this.socketPath);
    socket.end(bytes);
    return readUntil(socket, () => false);
  }
}

async function readAnswer(answer: http.IncomingMessage): Promise<Answer> {
  const chunks: Buffer[] = [];
  for await (const chunk of answer) chunks.push(Buffer.from(chunk));
  return { status: answer.statusCode ?? 0, headers: answer.headers, text: Buffer.concat(chunks).toString('utf8') };
}

/** Reads exactly until a mark is there (or the end); what follows it stays in the socket. */
export async function readUntil(socket: Socket, mark: string | ((seen: string) => boolean)): Promise<string> {
  const enough = typeof mark === 'string' ? (seen: string) => seen.endsWith(mark) : mark;
  let seen = '';
  for (;;) {
    const byte: unknown = socket.read(1);
    if (Buffer.isBuffer(byte)) {
      seen += byte.toString('latin1');
      if (enough(seen)) return seen;
    } else if (socket.readableEnded || socket.destroyed) {
      return seen;
    } else {
      await Promise.race([once(socket, 'readable'), once(socket, 'end'), once(socket, 'close')]);
    }
  }
}

/** A short path: sockets have only 107 bytes for theirs. */
export async function temporaryDirectory(): Promise<AsyncDisposable & { path: string }> {
  const path = await mkdtemp(join(tmpdir(), 'gw-'));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
}

export interface Recorder extends AsyncDisposable {
  readonly port: number;
  readonly url: string;
  readonly requests: {
    method: string;
    url: string;
    headers: http.IncomingHttpHeaders;
    body: string;
    closed: Promise<void>;
  }[];
}

/** A plain http server that records what reaches it and answers by `reply` (default: 200 `ok`). */
export async function recorder(
  reply: http.RequestListener = (_request, response) => void response.end('ok'),
  host = '127.0.0.1',
): Promise<Recorder> {
  const requests: Recorder['requests'] = [];
  const server = http.createServer(async (request, response) => {
    const closed = new Promise<void>((resolve) => response.once('close', resolve));
    let body = '';
    const record = { method: request.method ?? '', url: request.url ?? '', headers: request.headers, body, closed };
    requests.push(record);
    try {
      for await (const chunk of request) body += Buffer.from(chunk).toString('utf8');
    } catch {
      return;
    }
    record.body = body;
    reply(request, response);
  });
  const port = await listening(server, host);
  const url = `http://${host}:${port}`;
  return { port, url, requests, [Symbol.asyncDispose]: () => closing(server, () => server.closeAllConnections()) };
}

/** A TCP server that sends back what it gets. */
export async function echoServer(): Promise<AsyncDisposable & { port: number }> {
  const sockets = new Set<Socket>();
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    sockets.add(socket);
    socket.on('error', () => socket.destroy());
    socket.pipe(socket);
  });
  const port = await listening(server, '127.0.0.1');
  return {
    port,
    [Symbol.asyncDispose]: () => closing(server, () => sockets.forEach((socket) => void socket.destroy())),
  };
}

/** A server that answers everything with the same bytes, right or wrong, and closes. */
export async function rawServer(bytes: string): Promise<AsyncDisposable & { port: number }> {
  const server = createServer((socket) => {
    socket.on('error', () => socket.destroy());
    socket.once('data', () => socket.end(Buffer.from(bytes, 'latin1')));
  });
  const port = await listening(server, '127.0.0.1');
  return { port, [Symbol.asyncDispose]: () => closing(server, () => undefined) };
}

async function listening(server: Server, host: string): Promise<number> {
  server.listen(0, host);
  await once(server, 'listening');
  const address = server.address();
  if (typeof address !== 'object' || address === null) throw new Error('no port');
  return address.port;
}

function closing(server: Server, cut: () => void): Promise<void> {
  cut();
  return new Promise((resolve) => server.close(() => resolve()));
}
