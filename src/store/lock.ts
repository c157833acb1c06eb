import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import Database from 'better-sqlite3';
import { NanoclawError, systemCode } from '../model/errors.ts';
import { openingTrouble } from './trouble.ts';

/**
 * One host per home. The lock is SQLite's own on a file of its own: the kernel takes it back when the process dies,
 * however it dies, so there is no stale lock to remove. Throws `host.running`, `store.*`.
 */
export function lockHome(path: string): Disposable {
  const db = openFile(path);
  try {
    db.exec('BEGIN EXCLUSIVE');
  } catch (error) {
    db.close();
    if (systemCode(error) !== 'SQLITE_BUSY') throw openingTrouble(path, error);
    throw new NanoclawError('host.running', 'Another host already runs on this home, or is still starting or ending.', {
      cure: 'Talk to it with "./nanoclaw chat", or end it with "./nanoclaw stop". Where they find none, wait for it: a first start may build the image for minutes.',
      cause: error,
    });
  }
  return { [Symbol.dispose]: () => db.close() };
}

function openFile(path: string): Database.Database {
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    return new Database(path, { timeout: 0 });
  } catch (error) {
    throw openingTrouble(path, error);
  }
}
