/** How often a growing answer is told; the reader only ever wants the newest. */
const pauseMs = 100;

/** The answer as far as it is written. Tells `tell` the whole text so far, at most ten times a second. */
export class PartialText {
  readonly #tell: (text: string) => void;
  #text = '';
  #told = '';
  #timer: NodeJS.Timeout | undefined;

  constructor(tell: (text: string) => void) {
    this.#tell = tell;
  }

  add(text: string): void {
    this.#text += text;
    this.#timer ??= setTimeout(() => this.#flush(), pauseMs);
  }

  /** A new message begins: what comes now takes the place of what was told. */
  begin(): void {
    this.#text = '';
  }

  /** What was told does not count: it is taken back at once. */
  retract(): void {
    this.drop();
    if (this.#told === '') return;
    this.#told = '';
    this.#tell('');
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
    if (this.#text === '' || this.#text === this.#told) return;
    this.#told = this.#text;
    this.#tell(this.#text);
  }
}
