/** How often a growing answer is told; the reader only ever wants the newest. */
const pauseMs = 100;

/** The answer as far as it is written. Tells `tell` the whole text so far, at most ten times a second. */
export class PartialText {
  readonly #tell: (text: string) => void;
  /** What was said before the piece that is being written, with that one. */
  readonly #whole: (growing: string) => string;
  #text = '';
  #told = '';
  #timer: NodeJS.Timeout | undefined;

  constructor(tell: (text: string) => void, whole: (growing: string) => string = (growing) => growing) {
    this.#tell = tell;
    this.#whole = whole;
  }

  add(text: string): void {
    this.#text += text;
    this.#timer ??= setTimeout(() => this.#flush(), pauseMs);
  }

  /** A new piece begins; the one before is complete. */
  begin(): void {
    this.#text = '';
  }

  /** What was told of the piece does not count: it is taken back at once. */
  retract(): void {
    this.drop();
    const whole = this.#whole('');
    if (this.#told === '' || this.#told === whole) return;
    this.#told = whole;
    this.#tell(whole);
  }

  /** The answer is complete, and told in another way. */
  finish(): void {
    this.drop();
    this.#told = '';
  }

  drop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#text = '';
  }

  #flush(): void {
    this.#timer = undefined;
    const whole = this.#whole(this.#text);
    if (whole === '' || whole === this.#told) return;
    this.#told = whole;
    this.#tell(whole);
  }
}
