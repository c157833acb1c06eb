import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { checkout } from './checkout.ts';
import { moment } from './moment.ts';

const openDatabase = `
  const Database = require('better-sqlite3');
  const db = new Database(process.argv[1]);
  db.pragma('journal_mode = WAL');
  db.exec('CREATE TABLE IF NOT EXISTS facts (key TEXT PRIMARY KEY, value TEXT NOT NULL)');
  setInterval(() => db, 60000);
  process.stdout.write('open');
`;

/** Node that has opened a database and does nothing else. */
export async function startBareNode(
  home: string,
): Promise<{ child: ChildProcess; readyMs: number; end(): Promise<void> }> {
  const startedAt = moment();
  const child = spawn(process.execPath, ['-e', openDatabase, join(home, 'floor.db')], {
    cwd: checkout,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await once(child.stdout, 'data');
  const readyMs = moment() - startedAt;
  const end = async () => {
    const gone = once(child, 'exit');
    child.kill('SIGKILL');
    await gone;
  };
  return { child, readyMs, end };
}

/** `node -e 0`, from its start to its end. */
export async function emptyNode(): Promise<number> {
  const startedAt = moment();
  await once(spawn(process.execPath, ['-e', '0'], { stdio: 'ignore' }), 'exit');
  return moment() - startedAt;
}
