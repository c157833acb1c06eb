// The operator's door: who can open the socket file is the operator. It carries requests and never decides anything.
import { rmSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import type { Clock } from '../lib/clock.ts';
import type { Log } from '../lib/log.ts';
import { Connection } from './connection.ts';
import type { AdminHandlers } from './handlers.ts';
import { bindSocket } from './socket-file.ts';

// For a client to read the last reply; one that does not is hung up on.
const farewellMs = 1_000;

export interface AdminServerOptions {
  readonly path: string;
  readonly handlers: AdminHandlers;
  readonly log: Log;
  readonly clock: Clock;
}

/**
 * Serves `handlers` on a unix socket: JSON lines as in protocol/admin.ts. `start` throws `admin.in-use` when another host
 * answers there. `stop` ends every wait of the handlers, sends what was answered and resolves when all clients are gone.
 */
export class AdminServer {
  readonly #options: AdminServerOptions;
  readonly #connections = new Set<Connection>();
  #server: Server | undefined;

  constructor(options: AdminServerOptions) {
    this.#options = options;
  }

  get path(): string {
    return this.#options.path;
  }

  async start(): Promise<void> {
    const server = createServer((socket) => {
      const connection = new Connection(socket, this.#options.handlers, this.#options.log);
      this.#connections.add(connection);
      socket.once('close', () => this.#connections.delete(connection));
    });
    await bindSocket(server, this.#options.path);
    server.on('error', (error) => this.#options.log.error({ err: error }, 'admin socket failed'));
    this.#server = server;
  }

  async stop(): Promise<void> {
    const server = this.#server;
    if (!server) return;
    this.#server = undefined;
    // Removed while we still answer: after that the name may be another host's.
    rmSync(this.#options.path, { force: true });
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    for (const connection of this.#connections) void connection.end();
    using _deadline = this.#options.clock.after(farewellMs, () => {
      for (const connection of this.#connections) connection.destroy();
    });
    await closed;
  }
}
