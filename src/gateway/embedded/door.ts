import { chmod, mkdir, rm } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { dirname, join } from 'node:path';
import type { Clock } from '../../lib/clock.ts';
import type { Log } from '../../lib/log.ts';
import { NanoclawError, sentenceOf, systemCode } from '../../model/errors.ts';
import type { Door } from '../gateway.ts';
import { isModelRequest, maxRequestBytes, type RequestHandler, sendApiError } from '../model-api.ts';
import { type EgressProxy, targetForLog } from './egress.ts';
import { longestHead } from './headers.ts';

// Linux keeps 108 bytes for a socket's path, the closing zero among them; Node cuts a longer one off without a word.
const longestPath = 107;
// A browser and a package manager together stay below it; an agent that opens more only harms itself.
const mostConnections = 256;

export interface DoorParts {
  readonly directory: string;
  readonly model: RequestHandler;
  readonly egress: EgressProxy;
  readonly clock: Clock;
  readonly log: Log;
}

/** Listens on `<directory>/gw.sock`. One port for everything: the form of the request line tells where it wants to go. */
export async function openDoor(parts: DoorParts): Promise<Door> {
  const path = join(parts.directory, 'gw.sock');
  if (Buffer.byteLength(path) > longestPath) {
    throw new NanoclawError(
      'gateway.cannot-listen',
      `The gateway's socket path is longer than ${longestPath} bytes: ${path}`,
      {
        cure: 'Move NanoClaw to a directory with a shorter path, or set NANOCLAW_HOME to one.',
      },
    );
  }
  // A live answer may take an hour and an upload as long, so no limit on whole requests; heads come within 60 s.
  const server = createServer({
    requestTimeout: 0,
    headersTimeout: 60_000,
    keepAliveTimeout: 120_000,
    maxHeaderSize: longestHead,
  });
  server.maxConnections = mostConnections;
  server.on('request', (request, response) => void serve(request, response, parts));
  server.on('connect', (request, client, head) => {
    const startedAt = parts.clock.now();
    parts.egress.tunnel(request, client, head).then(
      (status) => note(parts, request, { startedAt, status }),
      (error: unknown) => {
        parts.log.error({ err: error }, 'gateway tunnel failed');
        client.destroy();
      },
    );
  });
  const open = new Set<Socket>();
  server.on('connection', (socket) => {
    open.add(socket);
    socket.once('close', () => open.delete(socket));
  });

  try {
    await makeDirectory(parts.directory);
    await rm(path, { force: true });
    await listen(server, path);
    await chmod(path, 0o666);
  } catch (error) {
    server.close();
    throw new NanoclawError('gateway.cannot-listen', `The gateway cannot listen on ${path}: ${sentenceOf(error)}`, {
      cure: `See that ${dirname(path)} is a directory this user may write to.`,
      cause: error,
    });
  }
  let closing: Promise<void> | undefined;
  return {
    recheck: () => parts.egress.recheck(),
    close() {
      closing ??= shut(server, open, path);
      return closing;
    },
  };
}

async function serve(request: IncomingMessage, response: ServerResponse, parts: DoorParts): Promise<void> {
  const startedAt = parts.clock.now();
  response.once('close', () => note(parts, request, { startedAt, status: response.statusCode }));
  try {
    if (request.url?.startsWith('/')) await askModel(request, response, parts);
    else await parts.egress.request(request, response);
  } catch (error) {
    parts.log.error({ err: error }, 'gateway request failed');
    sendApiError(response, { status: 500, type: 'api_error', message: "NanoClaw's gateway failed; its log says why." });
  }
}

async function askModel(request: IncomingMessage, response: ServerResponse, { model, log }: DoorParts): Promise<void> {
  const { method = '', url = '' } = request;
  if (!isModelRequest(method, url)) {
    log.warn({ method, path: pathForLog(url) }, 'model request refused');
    const message = "NanoClaw's gateway passes on model requests only (messages, count_tokens, models).";
    sendApiError(response, { status: 404, type: 'not_found_error', message });
  } else if (Number(request.headers['content-length'] ?? 0) > maxRequestBytes) {
    log.warn({ method, path: pathForLog(url) }, 'model request too large');
    const message = `NanoClaw's gateway takes requests up to ${maxRequestBytes / 1_000_000} MB.`;
    sendApiError(response, { status: 413, type: 'request_too_large', message });
  } else {
    await model(request, response);
  }
}

function note(
  parts: DoorParts,
  request: IncomingMessage,
  { startedAt, status }: { startedAt: number; status: number },
): void {
  const { method, url = '' } = request;
  const where = url.startsWith('/') ? { path: pathForLog(url) } : { target: targetForLog(request) };
  parts.log.debug({ method, ...where, status, ms: parts.clock.now() - startedAt }, 'gateway request');
}

function pathForLog(url: string): string {
  return (url.split('?', 1)[0] ?? '').slice(0, 300);
}

async function makeDirectory(directory: string): Promise<void> {
  await mkdir(dirname(directory), { recursive: true, mode: 0o700 });
  const made = await mkdir(directory).then(
    () => true,
    (error: unknown) => {
      if (systemCode(error) === 'EEXIST') return false;
      throw error;
    },
  );
  // By chmod, because a strict umask would otherwise close the door for the sandbox's user.
  if (made) await chmod(directory, 0o711);
}

function listen(server: Server, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(path, () => {
      server.off('error', reject);
      resolve();
    });
  });
}

async function shut(server: Server, open: ReadonlySet<Socket>, path: string): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  for (const socket of open) socket.destroy();
  await closed;
  await rm(path, { force: true });
}
