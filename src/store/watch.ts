// A database whose file is damaged, or taken away, while the host runs. Nothing that is read from it is the truth any more.
import { randomUUID } from 'node:crypto';
import { existsSync, mkdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import type Database from 'better-sqlite3';
import { NanoclawError, sentenceOf } from '../model/errors.ts';
import { isDamage, openingTrouble, quoted } from './trouble.ts';

/** What the store tells its host, once: the host is to end at once, and the next start goes on from what is there. */
export type OnBroken = (trouble: NanoclawError) => void;

const sideFiles = ['-wal', '-shm'];

/** Tells of the first statement that meets damage, and of the first transaction after the file is gone. Errors stay what they are. */
export class Watch {
  readonly #path: string;
  readonly #db: Database.Database;
  readonly #onBroken: OnBroken;
  /** Which files these are, whatever has their names later. */
  readonly #ours: ReadonlyMap<string, number | undefined>;
  #told = false;

  constructor(db: Database.Database, path: string, onBroken: OnBroken) {
    this.#path = path;
    this.#db = db;
    this.#onBroken = onBroken;
    this.#ours = new Map(['', ...sideFiles].map((end) => [end, numberOf(path + end)]));
    const prepare = db.prepare.bind(db);
    const value = (sql: string) => this.#watched(prepare(sql));
    Object.defineProperty(db, 'prepare', { value });
  }

  transaction<T>(work: () => T): T {
    return this.#tellingOf(() => {
      if (!this.#db.inTransaction && numberOf(this.#path) !== this.#ours.get('')) throw this.#lost();
      return this.#db.transaction(work).immediate();
    });
  }

  #watched(statement: Database.Statement): Database.Statement {
    for (const name of ['run', 'get', 'all'] as const) {
      const real: (...given: unknown[]) => unknown = statement[name].bind(statement);
      const value = (...given: unknown[]) => this.#tellingOf(() => real(...given));
      Object.defineProperty(statement, name, { value });
    }
    return statement;
  }

  #tellingOf<T>(work: () => T): T {
    try {
      return work();
    } catch (error) {
      const trouble = isDamage(error) ? openingTrouble(this.#path, error) : error;
      if (!this.#told && trouble instanceof NanoclawError && /^store\.(damaged|disk|lost)$/.test(trouble.code)) {
        this.#told = true;
        if (trouble.code === 'store.damaged') markDamaged(this.#path, trouble);
        this.#onBroken(trouble);
      }
      throw error;
    }
  }

  // Removed or replaced: the file we have open has no name any more, and goes with us. All that stands in it is copied out;
  // where that cannot be (SQLite's error is thrown), the host lives on and nothing more is stored until it can.
  #lost(): NanoclawError {
    const path = this.#path;
    const replaced = existsSync(path);
    const copy = replaced ? `${path}.rescued-${randomUUID().slice(0, 8)}` : path;
    if (!existsSync(dirname(path))) mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    // A log that belongs to another database would spoil it.
    for (const end of sideFiles) {
      if (numberOf(path + end) === this.#ours.get(end)) rmSync(path + end, { force: true });
    }
    this.#db.prepare('VACUUM INTO ?').run(copy);
    return replaced
      ? new NanoclawError('store.lost', `${path} was replaced while the host ran.`, {
          cure: `Start again to go on with the new one. All that was known until now is in ${copy}; to go on with that: mv ${quoted(copy)} ${quoted(path)}`,
        })
      : new NanoclawError('store.lost', `${path} was removed while the host ran.`, {
          cure: 'All that was in it is written there again: start again. (./nanoclaw stop comes before anything is done to it.)',
        });
  }
}

/** What the host that met the damage has left for the next start, and for `doctor` (setup/doctor.ts). */
function markOf(path: string): string {
  return `${path}.damaged-since`;
}

export function markDamaged(path: string, trouble: NanoclawError): void {
  try {
    writeFileSync(markOf(path), `${sentenceOf(trouble)}\n`, { mode: 0o600 });
  } catch (error) {
    // It is told all the same; only the next start has to find it out by itself.
    process.stderr.write(`${markOf(path)} cannot be written (${String(error)}).\n`);
  }
}

/** Where an earlier host met damage, all of the file is read before anything is believed. Throws SQLite's word for damage. */
export function examineMarked(db: Database.Database, path: string): void {
  if (!existsSync(markOf(path))) return;
  const first = db.pragma('integrity_check(1)', { simple: true });
  if (first !== 'ok') throw Object.assign(new Error(String(first)), { code: 'SQLITE_CORRUPT' });
  rmSync(markOf(path), { force: true });
}

function numberOf(path: string): number | undefined {
  return statSync(path, { throwIfNoEntry: false })?.ino;
}
