import { inspect } from 'node:util';

/** A value that prints as *** wherever it is logged, inspected or turned into JSON. Opened only in channels and gateway. */
export class Secret {
  readonly #value: string;

  constructor(value: string) {
    this.#value = value;
  }

  open(): string {
    return this.#value;
  }

  toString(): string {
    return '***';
  }

  toJSON(): string {
    return '***';
  }

  [inspect.custom](): string {
    return '***';
  }
}
