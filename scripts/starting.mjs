// A start tells other terminals what it is doing before there is a host to ask: on data/starting.sock of its home. Who
// listens there lives, so a start that has died is never mistaken for one that goes on. A hint: no start depends on it.
import { mkdirSync, rmdirSync, rmSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import path from 'node:path';
import { inWords } from './progress.mjs';

const patienceMs = 2_000;
// Longer ones are cut off silently by some systems.
const longestPath = 103;

/** One start that tells of itself. */
export class Starting {
  progress;
  #server;
  #asking = new Set();
  #at = Date.now();
  /** The folder for the socket, where we have made it. */
  #made;

  /** @param {import('./progress.mjs').Progress} progress */
  constructor(progress) {
    this.progress = progress;
    this.#server = createServer((socket) => this.#answer(socket)).unref();
  }

  /** @param {string} home */
  async announce(home) {
    const file = socketOf(home);
    if (Buffer.byteLength(file) > longestPath) return;
    try {
      if (mkdirSync(path.dirname(file), { recursive: true, mode: 0o700 })) this.#made = path.dirname(file);
      // Of a start that has died: whoever lives has been asked before.
      rmSync(file, { force: true });
    } catch (error) {
      // A home that cannot be written: the start says so itself, with what to do.
      if (error.code === undefined) throw error;
      return;
    }
    await new Promise((resolve) => {
      // A disk that has no sockets, likewise.
      this.#server.once('error', resolve);
      this.#server.listen(file, () => resolve(undefined));
    });
  }

  /** There is a host to ask now, or there will be none. Whoever waited is told by the end of the connection. */
  close() {
    this.#server.close();
    for (const socket of this.#asking) socket.destroy();
    if (this.#made !== undefined) removeIfEmpty(this.#made);
    this.#made = undefined;
  }

  #answer(socket) {
    this.#asking.add(socket.unref());
    socket.on('close', () => this.#asking.delete(socket));
    // Whoever asked has left.
    socket.on('error', () => socket.destroy());
    socket.write(`${JSON.stringify({ pid: process.pid, at: this.#at, step: this.progress.step })}\n`);
    // The one thing that can be asked for: to stop, as Ctrl-C would.
    socket.once('data', () => process.kill(process.pid, 'SIGINT'));
  }
}

/**
 * The start that goes on in this home, if there is one. `says` is a sentence without its full stop. `stop` ends it as Ctrl-C
 * would; `ended` resolves when it has ended, or its host is ready. `leave` when nothing more is wanted of it.
 * @param {string} home
 * @returns {Promise<{ pid: number, says: string, stop(): void, ended: Promise<void>, leave(): void } | undefined>}
 */
export function askStarting(home) {
  if (Buffer.byteLength(socketOf(home)) > longestPath) return Promise.resolve(undefined);
  return new Promise((resolve) => {
    const socket = connect(socketOf(home)).setEncoding('utf8');
    const ended = new Promise((end) => socket.once('close', () => end()));
    let said = '';
    socket.setTimeout(patienceMs, () => socket.destroy());
    socket.on('error', () => resolve(undefined));
    socket.once('close', () => resolve(undefined));
    socket.on('data', (chunk) => {
      said += chunk;
      if (!said.endsWith('\n')) return;
      socket.setTimeout(0);
      const { pid, at, step } = JSON.parse(said);
      const since = new Date(at).toTimeString().slice(0, 8);
      const doing = step ? `: ${inWords(step)}` : '';
      const says = `The host is starting (pid ${pid}, since ${since})${doing}`;
      resolve({ pid, says, stop: () => socket.write('stop\n'), ended, leave: () => socket.destroy() });
    });
  });
}

/**
 * Who is behind a unix socket: `somebody` who takes the connection within a second, `another user`, or `nobody`.
 * @param {string} file
 * @returns {Promise<'somebody' | 'another user' | 'nobody'>}
 */
export function whoAnswers(file) {
  return new Promise((resolve) => {
    const probe = connect(file);
    probe.setTimeout(1_000, () => probe.destroy());
    probe.once('connect', () => {
      resolve('somebody');
      probe.destroy();
    });
    probe.once('error', (error) => resolve('code' in error && error.code === 'EACCES' ? 'another user' : 'nobody'));
    probe.once('close', () => resolve('nobody'));
  });
}

/** A start that did not come to anything leaves nothing. */
function removeIfEmpty(folder) {
  try {
    rmdirSync(folder);
  } catch (error) {
    if (!['ENOTEMPTY', 'EEXIST', 'ENOENT'].includes(error.code)) throw error;
  }
}

function socketOf(home) {
  return path.join(home, 'data', 'starting.sock');
}
