import { mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  closeFile,
  type InputFile,
  inputFile,
  mailboxPlaces,
  type ReplyFile,
  type ResultFile,
  replyFile,
  type StatusBody,
  statusFile,
} from '../../../protocol/mailbox.ts';

export interface Inputs {
  /** In name order, which is the order to read in. */
  readonly names: readonly string[];
  /** `_close` is there: what is listed is all that will ever come. */
  readonly closing: boolean;
}

/**
 * The group's mailbox as the runner sees it. Everything it writes appears whole or not at all. `input/` and `replies/`
 * are the host's and read-only here.
 */
export class Mailbox {
  readonly #root: string;

  constructor(root: string) {
    this.#root = root;
  }

  /** Makes the runner's own places where the host did not. */
  prepare(): void {
    const { results, messages, tasks, acks } = mailboxPlaces;
    for (const place of [results, messages, tasks, acks]) mkdirSync(join(this.#root, place), { recursive: true });
  }

  inputs(): Inputs {
    const first = this.#names(mailboxPlaces.input);
    const closing = first.includes(closeFile);
    // A listing is no snapshot: what was written just before `_close` may be missing from the one that shows `_close`.
    const names = closing ? this.#names(mailboxPlaces.input) : first;
    return { names: names.filter((name) => name.endsWith('.json') && !name.startsWith('.')).sort(), closing };
  }

  /** Throws a sentence when the file is no input. */
  input(name: string): InputFile {
    const parsed = inputFile.safeParse(JSON.parse(readFileSync(join(this.#root, mailboxPlaces.input, name), 'utf8')));
    if (!parsed.success) throw new Error(parsed.error.message);
    if (!isFileName(parsed.data.id) || !isFileName(parsed.data.turnId)) throw new Error('its ids are no file names');
    return parsed.data;
  }

  /** An input was handed over, or a reply was read. */
  ack(id: string): void {
    writeFileSync(join(this.#root, mailboxPlaces.acks, id), '');
  }

  result(result: ResultFile): void {
    this.#write(join(mailboxPlaces.results, `${result.turnId}-${result.ordinal}.json`), result);
  }

  /** The highest among the turn's results that lie there, 0 when none does. */
  lastOrdinal(turnId: string): number {
    const ordinals = this.#names(mailboxPlaces.results)
      .filter((name) => name.startsWith(`${turnId}-`) && name.endsWith('.json'))
      .map((name) => Number(name.slice(turnId.length + 1, -'.json'.length)))
      .filter((ordinal) => Number.isInteger(ordinal));
    return Math.max(0, ...ordinals);
  }

  request(place: 'messages' | 'tasks', id: string, body: Readonly<Record<string, unknown>>): void {
    this.#write(join(place, `${id}.json`), body);
  }

  /** Undefined while there is none. */
  reply(id: string): ReplyFile | undefined {
    const text = readIfThere(join(this.#root, mailboxPlaces.replies, `${id}.json`));
    return text === undefined ? undefined : replyFile.parse(JSON.parse(text));
  }

  status(body: StatusBody): void {
    this.#write(statusFile, body);
  }

  #names(place: string): string[] {
    try {
      return readdirSync(join(this.#root, place));
    } catch (error) {
      if (isMissing(error)) return [];
      throw error;
    }
  }

  #write(path: string, value: unknown): void {
    const target = join(this.#root, path);
    writeFileSync(`${target}.tmp`, JSON.stringify(value));
    renameSync(`${target}.tmp`, target);
  }
}

function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT';
}

function isFileName(id: string): boolean {
  return /^[A-Za-z0-9_][A-Za-z0-9_.:@#-]{0,199}$/.test(id);
}
