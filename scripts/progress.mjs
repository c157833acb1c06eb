// What takes minutes, as whoever waits for it sees it: on a terminal one line that moves, elsewhere a line now and then.
const moveEveryMs = 1_000;
const sayEveryMs = 30_000;

export class Progress {
  #stream;
  #every;
  #moves;
  #step;
  #shown = false;

  /** @param {NodeJS.WriteStream} [stream] */
  constructor(stream = process.stderr, { moveEvery = moveEveryMs, sayEvery = sayEveryMs } = {}) {
    this.#stream = stream;
    this.#moves = stream.isTTY === true && !['dumb', 'unknown', ''].includes(process.env.TERM ?? '');
    this.#every = this.#moves ? moveEvery : sayEvery;
  }

  /**
   * What is being done now, and since when.
   * @returns {{ text: string, at: number } | undefined}
   */
  get step() {
    return this.#step;
  }

  /** A line that stays.
   * @param {string} line
   */
  say(line) {
    this.#clear();
    this.#stream.write(`${line}\n`);
    if (this.#moves && this.#step) this.#show();
  }

  /**
   * This is being done until the returned function is called, or another thing is begun.
   * @param {string | (() => string)} text
   * @returns {() => void}
   */
  begin(text) {
    const step = {
      get text() {
        return typeof text === 'string' ? text : text();
      },
      at: Date.now(),
    };
    this.#step = step;
    const ticker = setInterval(() => this.#tick(step), this.#every);
    return () => {
      clearInterval(ticker);
      if (this.#step !== step) return;
      this.#clear();
      this.#step = undefined;
    };
  }

  #tick(step) {
    if (this.#step !== step) return;
    if (!this.#moves) return void this.#stream.write(`… still ${inWords(step)}\n`);
    this.#clear();
    this.#show();
  }

  #show() {
    const line = `… ${inWords(this.#step)}`;
    this.#stream.write(line.slice(0, Math.max((this.#stream.columns || 80) - 1, 1)));
    this.#shown = true;
  }

  #clear() {
    if (this.#shown) this.#stream.write('\r\u001b[K');
    this.#shown = false;
  }
}

/** `building the agent image (2 min 5 s)` */
export function inWords({ text, at }) {
  return `${text} (${duration(Date.now() - at)})`;
}

function duration(ms) {
  const seconds = Math.max(Math.round(ms / 1000), 0);
  return seconds < 60 ? `${seconds} s` : `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
}
