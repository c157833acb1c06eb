import type { ChildProcessByStdio } from 'node:child_process';
import { PassThrough, type Readable, type Writable } from 'node:stream';
import { type Clock, pause } from '../lib/clock.ts';
import { droppingPipe } from './dropping-pipe.ts';
import type { Run, RunExit } from './sandbox.ts';

/** What the engine says of one container. `unknown`: it did not answer. */
export type Look =
  | { readonly state: 'running' | 'gone' | 'unknown' }
  | { readonly state: 'ended'; readonly code: number };

export type AttachClient = ChildProcessByStdio<Writable, Readable, Readable>;

/** One container as seen from here. */
export interface Tether {
  readonly group: string;
  readonly run: string;
  readonly name: string;
  attach(): AttachClient;
  /** Aborted once nobody wants to know any more. */
  look(signal: AbortSignal): Promise<Look>;
  /** Ends and removes it. Throws when the engine does not do it in time. */
  remove(signal: AbortSignal | undefined): Promise<void>;
}

/**
 * A container and whichever attach client stands between us and it. The client's end is not the container's end: only the
 * engine says that, and until it does a new client takes the place of a dead one.
 */
export class AttachedRun implements Run {
  readonly group: string;
  readonly run: string;
  readonly name: string;
  readonly stdin: Writable;
  readonly stdout = new PassThrough();
  readonly stderr = new PassThrough();
  readonly exited: Promise<RunExit>;
  readonly #tether: Tether;
  readonly #clock: Clock;
  #client: AttachClient | undefined;
  #lineMayBeCut: boolean;
  readonly #letGo = new AbortController();
  #ending = false;

  /** `adopted`: somebody wrote to it before us. */
  constructor(tether: Tether, options: { clock: Clock; adopted: boolean }) {
    this.group = tether.group;
    this.run = tether.run;
    this.name = tether.name;
    this.#tether = tether;
    this.#clock = options.clock;
    this.#lineMayBeCut = options.adopted;
    this.stdin = droppingPipe(
      () => this.#client?.stdin,
      (chunk) => this.#onLineOfItsOwn(chunk),
    );
    this.exited = this.#follow();
  }

  async kill(signal?: AbortSignal): Promise<void> {
    if (this.#letGo.signal.aborted) return;
    this.#ending = true;
    const ended = this.exited.then(() => true);
    try {
      const removed = this.#tether.remove(signal).then(() => true);
      // An engine cannot end a container whose output nobody takes; a second is enough for one who does.
      if (!(await Promise.race([removed, pause(this.#clock, 1_000).then(() => false)]))) this.#dropClient();
      await removed;
      // It normally ends by itself, with the container's own exit code.
      if (!(await Promise.race([ended, pause(this.#clock, 1_000).then(() => false)]))) this.#dropClient();
      await ended;
    } finally {
      this.#ending = false;
    }
  }

  detach(): void {
    if (this.#letGo.signal.aborted) return;
    this.#letGo.abort();
    this.#dropClient();
    this.#endStreams();
  }

  async #follow(): Promise<RunExit> {
    for (;;) {
      const clientCode = await this.#serve();
      if (this.#letGo.signal.aborted) return new Promise(() => undefined);
      const first = await this.#tether.look(this.#letGo.signal);
      if (first.state !== 'running') {
        const after = await this.#untilGone(first);
        if (after === 'gone') {
          this.#endStreams();
          if (first.state === 'ended') return { code: first.code, signal: null };
          // What a client says when it lost the engine is not the container's code.
          return { code: first.state === 'gone' ? clientCode : null, signal: null };
        }
      }
      if (this.#letGo.signal.aborted) return new Promise(() => undefined);
      this.#lineMayBeCut = true;
      await pause(this.#clock, 50);
    }
  }

  /** Carries bytes until the client has ended and its last byte was read. */
  #serve(): Promise<number | null> {
    if (this.#letGo.signal.aborted || this.#ending) return Promise.resolve(null);
    const client = this.#tether.attach();
    this.#client = client;
    client.stdin.on('error', () => undefined);
    client.stdout.pipe(this.stdout, { end: false });
    client.stderr.pipe(this.stderr, { end: false });
    return new Promise((resolve) => {
      client.once('close', (code) => resolve(code));
      client.once('error', () => resolve(null));
    });
  }

  /** Its name is free only once the engine has forgotten it, a moment after its end. */
  async #untilGone(first: Look): Promise<'gone' | 'running' | 'let-go'> {
    let look = first;
    for (let seen = 0; look.state !== 'gone'; seen++) {
      if (look.state === 'running') return 'running';
      if (this.#letGo.signal.aborted) return 'let-go';
      // Each look takes its 30 ms. An engine that does not clean up by itself within some 10 s is told to.
      if (look.state === 'ended' && seen > 300) await this.#tether.remove(this.#letGo.signal).catch(() => undefined);
      if (look.state === 'unknown') await pause(this.#clock, 1_000);
      look = await this.#tether.look(this.#letGo.signal);
    }
    return 'gone';
  }

  #onLineOfItsOwn(chunk: Buffer): Buffer {
    const whole = this.#lineMayBeCut ? Buffer.concat([Buffer.from('\n'), chunk]) : chunk;
    this.#lineMayBeCut = false;
    return whole;
  }

  /** Nothing but SIGKILL ends an attach client of docker. Unread output would keep it open. */
  #dropClient(): void {
    const client = this.#client;
    if (!client) return;
    client.kill('SIGKILL');
    for (const stream of [client.stdout, client.stderr]) {
      stream.unpipe();
      stream.resume();
    }
  }

  #endStreams(): void {
    this.stdout.end();
    this.stderr.end();
  }
}
