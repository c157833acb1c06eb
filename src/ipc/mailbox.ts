import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { chmodSync, lstatSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import {
  closeFile,
  mailboxPlaces,
  type ReplyFile,
  type StatusBody,
  statusBody,
  statusFile,
} from '../../protocol/mailbox.ts';
import { parseJson } from '../lib/json.ts';
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
/** Files taken in one pass over a place, so that a flood cannot hold up other groups; the rest waits for the next pass. */
const passLimit = 100;
const listLimit = 10_000;
/** Bytes read in one pass, the first file not counted. */
const passBytes = 4 * 1024 * 1024;
const errorsKept = 100;
const errorsFolder = 'errors';

/**
 * A group's mailbox seen from outside. Everything in it may be hostile and may change at any moment: reads and writes
 * go through safe-files, one pass looks at a bounded number of entries, and nothing here throws for what an agent did.
 */
export class Mailbox {
  readonly #options: MailboxOptions;
  /** What could be neither read nor taken away (a directory): told of once, passed over from then on. */
  readonly #immovable = new Set<string>();
  #more = false;
  #removed = 0;

  constructor(options: MailboxOptions) {
    this.#options = options;
  }

  /** Makes every place anew: only when no container of the group is alive and what it left has been taken. */
  prepare(): void {
    const { root, folder, owner, log } = this.#options;
    mkdirSync(root, { recursive: true, mode: 0o700 });
    using home = SafeDirectory.open(root);
    using mailbox = home.makeDirectory(folder, { owner });
    const left = Object.values(mailboxPlaces).flatMap((place) => {
      const aside = this.#moveAside(place);
      mailbox.makeDirectory(place, { owner })[Symbol.dispose]();
      return aside ?? [];
    });
    mailbox.remove(statusFile);
    this.#immovable.clear();
    // A program of its own: it can remove what is nested deeper than any path is long, and nobody waits for it.
    execFile('rm', ['-rf', '--', ...left], (error) => {
      if (error) log.warn({ group: folder, code: error.code }, 'what the agent left stays among the errors');
    });
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

  /** True when the runner was asked to leave, by whichever host. */
  get closing(): boolean {
    let asked = false;
    this.#quietly('input', (input) => {
      asked = input.list(listLimit).includes(closeFile);
    });
    return asked;
  }

  writeReply(id: string, reply: ReplyFile): void {
    this.#quietly('replies', (replies) =>
      replies.write(`${id}.json`, JSON.stringify(reply), { owner: this.#options.owner }),
    );
  }

  removeReply(id: string): void {
    this.#quietly('replies', (replies) => replies.remove(`${id}.json`));
  }

  /** The JSON files that lie in a place, in name order, as many as fit one pass. What is no plain small file is refused. */
  read(place: RunnerPlace): MailboxFile[] {
    const files: MailboxFile[] = [];
    let left = { files: passLimit, bytes: passBytes };
    this.#quietly(place, (directory) => {
      for (const name of directory.list(listLimit)) {
        if (!name.endsWith('.json') || this.#immovable.has(`${place}/${name}`)) continue;
        if (left.files === 0 || left.bytes <= 0) {
          this.#more = true;
          return;
        }
        const reading = directory.read(name, fileLimitBytes);
        left = { files: left.files - 1, bytes: left.bytes - (reading.ok ? reading.text.length : 0) };
        if (reading.ok) files.push({ name, text: reading.text });
        else if (reading.reason !== 'missing') this.#reject(directory, { place, name, why: reading.detail });
      }
    });
    return files;
  }

  /** True when another pass is worth while: the last ones left files behind and took some away. */
  takeMore(): boolean {
    const worthWhile = this.#more && this.#removed > 0;
    this.#more = false;
    this.#removed = 0;
    return worthWhile;
  }

  /** Which of these ids lie in `acks/`: inputs handed over, replies read. What else lies there costs nothing. */
  acked(ids: readonly string[]): Set<string> {
    const found = new Set<string>();
    this.#quietly('acks', (acks) => {
      for (const id of ids) if (acks.has(id)) found.add(id);
    });
    return found;
  }

  /** True when it is gone. */
  remove(place: RunnerPlace, name: string): boolean {
    let gone = false;
    this.#quietly(place, (directory) => {
      gone = directory.remove(name);
      if (gone) this.#removed += 1;
    });
    return gone;
  }

  /** Puts a file that is not understood aside, where a person can look at it. True when it is gone from its place. */
  reject(place: RunnerPlace, name: string, why: string): boolean {
    this.#quietly(place, (directory) => this.#reject(directory, { place, name, why }));
    return !this.#immovable.has(`${place}/${name}`);
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
    const { folder, log } = this.#options;
    const { place, name, why } = refused;
    log.warn({ group: folder, place, file: name, why }, 'a mailbox file was refused');
    try {
      this.#keepCopy(from, name);
    } catch (error) {
      log.warn({ err: error, group: folder, file: name }, 'no copy of it could be kept');
    }
    if (from.remove(name)) this.#removed += 1;
    else this.#immovable.add(`${place}/${name}`);
  }

  #keepCopy(from: SafeDirectory, name: string): void {
    using home = SafeDirectory.open(this.#options.root);
    using errors = home.makeDirectory(errorsFolder);
    const kept = errors.list(10_000);
    for (const old of kept.slice(0, Math.max(0, kept.length - errorsKept + 1))) errors.remove(old);
    const stamp = String(this.#options.now()).padStart(15, '0');
    const as = `${stamp}-${this.#options.folder}-${name.replace(/[^\w.-]/g, '_').slice(0, 100)}`;
    from.copyTo(name, { into: errors, as, maxBytes: fileLimitBytes });
  }

  // The agent may have left what cannot be removed (no permission, too deep): it is moved out of the way whole.
  #moveAside(place: string): string | undefined {
    const { root, folder } = this.#options;
    const path = join(root, folder, place);
    const found = lstatSync(path, { throwIfNoEntry: false });
    if (!found?.isDirectory()) {
      rmSync(path, { force: true });
      return undefined;
    }
    const aside = join(root, errorsFolder, `.${folder}-${place}-${this.#options.now()}-${randomUUID()}`);
    mkdirSync(join(root, errorsFolder), { recursive: true, mode: 0o700 });
    chmodSync(path, 0o700);
    renameSync(path, aside);
    return aside;
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
