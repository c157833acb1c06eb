/** Work that is asked for more often than it is worth doing: at most twice before everybody else had their turn. */
export class Gather {
  readonly #work: () => void;
  readonly #onError: (error: unknown) => void;
  #asked = false;
  #done = false;
  #planned = false;

  /** `onError` is told of what the work throws when nobody waits for it. */
  constructor(work: () => void, onError: (error: unknown) => void) {
    this.#work = work;
    this.#onError = onError;
  }

  /** At once; soon, when it was done at once only just now. */
  now(): void {
    if (this.#done) {
      this.soon();
      return;
    }
    this.#done = true;
    this.#asked = false;
    this.#plan();
    this.#work();
  }

  /** Once for all who ask, as soon as what has already arrived from elsewhere was dealt with. */
  soon(): void {
    this.#asked = true;
    this.#plan();
  }

  #plan(): void {
    if (this.#planned) return;
    this.#planned = true;
    setImmediate(() => this.#catchUp());
  }

  #catchUp(): void {
    const asked = this.#asked;
    this.#planned = false;
    this.#asked = false;
    this.#done = false;
    if (!asked) return;
    try {
      this.#work();
    } catch (error) {
      this.#onError(error);
    }
  }
}
