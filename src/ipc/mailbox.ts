import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import {
  closeFile,
  mailboxPlaces,
  type ReplyFile,
  type StatusBody,
  statusBody,
  statusFile,
} from '../../protocol/mailbox.ts';
import type { Log } from '../lib/log.ts';
import { type Owner, SafeDirectory } from '../lib/safe-files.ts';
import { hasCode, NanoclawError } from '../model/errors.ts';

type RunnerPlace = 'messages' | 'tasks' | 'results' | 'acks';

export interface MailboxOptions {
  /** `data/ipc`: no agent can write here itself. */
  readonly root: string;
  readonly folder: string;
  /** Who runs inside, when the host is root. */
  readonly owner: Owner | undefined;
  readonly log: Log;
  readonly now: () => number;
}

export interface MailboxFile {
  readonly name: string;
  readonly text: string;
}

/** A text or a result larger than this is not taken from an agent. */
const fileLimitBytes = 4 * 1024 * 1024;
/** Entries looked at in one pass over a place, so that a flood cannot hold up other groups. */
const passLimit = 500;
const errorsKept = 100;

/**
 * A group's mailbox seen from outside. Everything in it may be hostile and may change at any moment: reads and writes
 * go through safe-files, one pass looks at a bounded number of entries, and nothing here throws for what an agent did.
 */
export class Mailbox {
  readonly #options: MailboxOptions;
  /** What could be neither read nor taken away (a directory): told of once, passed over from then on. */
  readonly #immovable = new Set<string>();

  constructor(options: MailboxOptions) {
    this.#options = options;
  }

  /** Makes every place anew: only when no container of the group is alive and what it left has been taken. */
  prepare(): void {
    const { root, folder, owner } = this.#options;
    mkdirSync(root, { recursive: true, mode: 0o700 });
    using home = SafeDirectory.open(root);
    using mailbox = home.makeDirectory(folder, { owner });
    for (const place of Object.values(mailboxPlaces)) {
      // Nobody is there to swap anything any more; a link in its place is removed itself.
      rmSync(join(root, folder, place), { recursive: true, force: true });
      mailbox.makeDirectory(place, { owner })[Symbol.dispose]();
    }
    mailbox.remove(statusFile);
    this.#immovable.clear();
  }

  writeInput(name: string, body: string): void {
    using input = this.#open('input');
    input.write(name, body, { owner: this.#options.owner });
  }

  removeInput(name: string): void {
    this.#quietly('input', (input) => input.remove(name));
  }

  /** Asks the runner to finish what it has and leave. */
  askToClose(): void {
    this.#quietly('input', (input) => input.write(closeFile, '', { owner: this.#options.owner }));
  }

  writeReply(id: string, reply: ReplyFile): void {
    this.#quietly('replies', (replies) =>
      replies.write(`${id}.json`, JSON.stringify(reply), { owner: this.#options.owner }),
    );
  }

  removeReply(id: string): void {
    this.#quietly('replies', (replies) => replies.remove(`${id}.json`));
  }

  /** The JSON files that lie in a place, in name order. What is no plain small file goes to the errors. */
  read(place: RunnerPlace): MailboxFile[] {
    const files: MailboxFile[] = [];
    this.#quietly(place, (directory) => {
      for (const name of directory.list(passLimit)) {
        if (!name.endsWith('.json') || this.#immovable.has(`${place}/${name}`)) continue;
        const reading = directory.read(name, fileLimitBytes);
        if (reading.ok) files.push({ name, text: reading.text });
        else if (reading.reason !== 'missing') this.#reject(directory, { place, name, why: reading.detail });
      }
    });
    return files;
  }

  /** Names in `acks/`: ids of inputs handed over and of replies read. */
  acks(): string[] {
    let names: string[] = [];
    this.#quietly('acks', (acks) => {
      names = acks.list(passLimit).filter((name) => !name.endsWith('.tmp'));
    });
    return names;
  }

  remove(place: RunnerPlace, name: string): void {
    this.#quietly(place, (directory) => directory.remove(name));
  }

  /** Puts a file that is not understood aside, where a person can look at it. */
  reject(place: RunnerPlace, name: string, why: string): void {
    this.#quietly(place, (directory) => this.#reject(directory, { place, name, why }));
  }

  /** What the runner last said of itself; undefined when it said nothing that can be read. */
  status(): StatusBody | undefined {
    try {
      using mailbox = SafeDirectory.open(this.#options.root, this.#options.folder);
      const reading = mailbox.read(statusFile, 4096);
      if (!reading.ok) return undefined;
      return statusBody.safeParse(parseJson(reading.text)).data;
    } catch (error) {
      return this.#tampered('status', error);
    }
  }

  #reject(from: SafeDirectory, refused: { place: string; name: string; why: string }): void {
    const { root, folder, log } = this.#options;
    log.warn(
      { group: folder, place: refused.place, file: refused.name, why: refused.why },
      'a mailbox file was refused',
    );
    using home = SafeDirectory.open(root);
    using errors = home.makeDirectory('errors');
    const kept = errors.list(10_000);
    for (const name of kept.slice(0, Math.max(0, kept.length - errorsKept + 1))) errors.remove(name);
    const as = `${String(this.#options.now()).padStart(15, '0')}-${folder}-${refused.name}`.slice(0, 200);
    from.copyTo(refused.name, { into: errors, as, maxBytes: fileLimitBytes });
    if (!from.remove(refused.name)) this.#immovable.add(`${refused.place}/${refused.name}`);
  }

  #open(place: string): SafeDirectory {
    return SafeDirectory.open(this.#options.root, this.#options.folder, place);
  }

  #quietly(place: string, work: (directory: SafeDirectory) => void): void {
    try {
      using directory = this.#open(place);
      work(directory);
    } catch (error) {
      this.#tampered(place, error);
    }
  }

  #tampered(place: string, error: unknown): undefined {
    // Not made yet: the group has had no container.
    if (hasCode(error, 'files.missing')) return;
    if (!(error instanceof NanoclawError)) throw error;
    const { folder, log } = this.#options;
    log.warn(
      { group: folder, place, why: error.message },
      'the mailbox is not as it should be; this place was passed over',
    );
  }
}

/** The value, or undefined for what is no JSON. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
