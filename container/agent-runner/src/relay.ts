import { type ChildProcess, fork } from 'node:child_process';
import { existsSync } from 'node:fs';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { dirname } from 'node:path';

export interface RelayPlace {
  /** The gateway's unix socket. */
  readonly socket: string;
  /** Where it is offered on 127.0.0.1. */
  readonly port: number;
}

/**
 * The only way out of the sandbox, for programs that know TCP only: every connection to 127.0.0.1:port becomes one to the
 * gateway's socket, byte for byte, half-closed ones too. Resolves when it listens.
 */
export function serveRelay({ socket, port }: RelayPlace): Promise<Server> {
  const server = createServer({ allowHalfOpen: true, noDelay: true }, (near) => {
    const far = connect({ path: socket, allowHalfOpen: true });
    join(near, far);
    join(far, near);
  });
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => resolve(server));
  });
}

/** Keeps a relay process running until stopped. */
export class Relay {
  readonly #program: string;
  readonly #place: RelayPlace;
  readonly #log: (sentence: string) => void;
  #child: ChildProcess | undefined;
  #stopped = false;

  /** `program` serves a relay when its arguments are `relay` and a place as JSON, and sends a message when it listens. */
  constructor(program: string, place: RelayPlace, log: (sentence: string) => void) {
    this.#program = program;
    this.#place = place;
    this.#log = log;
  }

  /** Resolves when it listens, or after `limitMs` in any case: it may still come up. */
  async start(limitMs: number): Promise<void> {
    if (!existsSync(dirname(this.#place.socket))) {
      this.#log(`No gateway at ${dirname(this.#place.socket)}: going on without a way out.`);
      return;
    }
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<void>((resolve) => {
      timer = setTimeout(() => {
        this.#log(`The relay on port ${this.#place.port} does not listen yet; going on.`);
        resolve();
      }, limitMs);
    });
    await Promise.race([new Promise<void>((resolve) => this.#spawn(resolve)), late]);
    clearTimeout(timer);
  }

  stop(): void {
    this.#stopped = true;
    this.#child?.kill('SIGKILL');
  }

  #spawn(listens: () => void): void {
    const child = fork(this.#program, ['relay', JSON.stringify(this.#place)], {
      // Standard output is for frames alone.
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    });
    this.#child = child;
    child.once('message', listens);
    child.once('exit', (code, signal) => {
      if (this.#stopped) return;
      this.#log(`The relay ended (${signal ?? code}); starting it again.`);
      setTimeout(() => {
        if (!this.#stopped) this.#spawn(listens);
      }, 50);
    });
  }
}

function join(from: Socket, to: Socket): void {
  from.pipe(to);
  from.on('error', () => to.destroy());
  from.on('close', () => to.destroy());
}
