import type { InputFile } from '../../../protocol/mailbox.ts';
import { sentenceOf } from './errors.ts';
import type { Mailbox } from './mailbox.ts';

/** Reads `input/` in name order and passes each file on once, however often it is looked at. */
export class Inbox {
  readonly #mailbox: Mailbox;
  readonly #take: (input: InputFile) => void;
  readonly #log: (sentence: string) => void;
  readonly #seen = new Set<string>();

  constructor(mailbox: Mailbox, options: { take: (input: InputFile) => void; log: (sentence: string) => void }) {
    this.#mailbox = mailbox;
    this.#take = options.take;
    this.#log = options.log;
  }

  /** True when the host asks us to close: nothing will come after what was just passed on. */
  look(): boolean {
    const { names, closing } = this.#mailbox.inputs();
    for (const name of names) {
      if (this.#seen.has(name)) continue;
      this.#seen.add(name);
      const input = this.#read(name);
      if (input) this.#take(input);
    }
    return closing;
  }

  #read(name: string): InputFile | undefined {
    try {
      return this.#mailbox.input(name);
    } catch (error) {
      this.#log(`Skipping input ${name}: ${sentenceOf(error)}`);
      return undefined;
    }
  }
}
