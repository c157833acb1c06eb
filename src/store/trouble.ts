// What can be wrong with the database itself; nothing of it is any message's fault.
import Database from 'better-sqlite3';

const troubles = /^SQLITE_(BUSY|LOCKED|NOMEM|READONLY|IOERR|CORRUPT|FULL|CANTOPEN|PROTOCOL|NOTADB|PERM)/;

/** SQLite could not do it now: locked, full, damaged, closed to us. What a statement itself did wrong is none of it. */
export function isStoreTrouble(error: unknown): boolean {
  return error instanceof Database.SqliteError && troubles.test(error.code);
}
