import { closeSync, fsyncSync, mkdirSync, openSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import Database from 'better-sqlite3';
import { NanoclawError } from '../model/errors.ts';

export type Db = Database.Database;

export interface Migration {
  readonly version: number;
  readonly name: string;
  readonly sql: string;
}

/** Opens the file, sets it up and brings its schema up to the newest migration; the file is copied before that. */
export function openDatabase(path: string, migrations: readonly Migration[]): Db {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  const db = new Database(path);
  try {
    // Readers (backup, a curious owner) never block the host, and the host never blocks them.
    db.pragma('journal_mode = WAL');
    // In WAL mode a killed process loses nothing with NORMAL; only a power cut may take the last moments.
    db.pragma('synchronous = NORMAL');
    db.pragma('foreign_keys = ON');
    // Another program may hold the file for a moment. While we wait for it everything waits, the agents' way out too:
    // so not long, and whoever wrote tries again.
    db.pragma('busy_timeout = 1000');
    // Keeps the log file from staying as large as its worst day.
    db.pragma('journal_size_limit = 67108864');
    // Found out now, in words, what would be found out by the first message otherwise.
    db.exec('BEGIN IMMEDIATE; ROLLBACK');
    migrate(db, path, migrations);
    return db;
  } catch (error) {
    db.close();
    throw error;
  }
}

export function readMigrations(directory: string): Migration[] {
  return readdirSync(directory)
    .filter((file) => /^\d{3}-[a-z0-9-]+\.sql$/.test(file))
    .sort()
    .map((file) => ({
      version: Number(file.slice(0, 3)),
      name: file,
      sql: readFileSync(join(directory, file), 'utf8'),
    }));
}

function migrate(db: Db, path: string, migrations: readonly Migration[]): void {
  const current = Number(db.pragma('user_version', { simple: true }));
  const newest = migrations.at(-1)?.version ?? 0;
  if (current > newest) {
    throw new NanoclawError(
      'store.newer',
      `${path} was written by a newer version (schema ${current}, here ${newest}).`,
      {
        cure: 'Update this checkout, or restore the backup made before the update.',
      },
    );
  }
  const missing = migrations.filter((migration) => migration.version > current);
  if (current > 0 && missing.length > 0) keepCopy(db, path, current);
  for (const migration of missing) {
    db.transaction(() => {
      db.exec(migration.sql);
      db.pragma(`user_version = ${migration.version}`);
    }).immediate();
  }
}

// All that is committed, also what still stands in the log alone; whole or not there, and of this very moment.
function keepCopy(db: Db, path: string, version: number): void {
  const copy = `${path}.before-${version + 1}`;
  const unfinished = `${copy}.tmp`;
  rmSync(unfinished, { force: true });
  db.prepare('VACUUM INTO ?').run(unfinished);
  const fd = openSync(unfinished, 'r+');
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
  renameSync(unfinished, copy);
}
