import { chmodSync, lstatSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { connect, type Server } from 'node:net';
import { dirname, join } from 'node:path';
import { NanoclawError, systemCode } from '../model/errors.ts';

// sockaddr_un of the strictest system we run on (macOS: 104 with the closing zero).
const longestPath = 103;

/** Throws `admin.path-too-long`: longer paths are cut off silently by some systems. */
export function checkSocketPath(path: string): void {
  if (Buffer.byteLength(path) <= longestPath) return;
  throw new NanoclawError('admin.path-too-long', `The path of the admin socket is too long: ${path}.`, {
    cure: `Move the home directory (NANOCLAW_HOME) so that it has at most ${longestPath} bytes.`,
  });
}

/**
 * Makes `server` listen at `path`, 0600 from its first moment, in a directory that is made 0700 when it is not there. A
 * socket file nobody answers on is replaced. Throws `admin.in-use` when somebody does.
 */
export async function bindSocket(server: Server, path: string): Promise<void> {
  checkSocketPath(path);
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  await refuseLiving(path);
  // Bound in a directory of our own and then moved: at its final name it never was open to others, not for an instant.
  const nursery = mkdtempSync(join(dirname(path), '.a'));
  try {
    const born = join(nursery, 's');
    await listen(server, born);
    chmodSync(born, 0o600);
    renameSync(born, path);
  } finally {
    rmSync(nursery, { recursive: true, force: true });
  }
}

async function refuseLiving(path: string): Promise<void> {
  const found = lstatSync(path, { throwIfNoEntry: false });
  if (!found) return;
  if (!found.isSocket()) {
    throw new NanoclawError('admin.in-use', `${path} is not a socket.`, { cure: 'Move it away and start again.' });
  }
  if (await answers(path)) {
    throw new NanoclawError('admin.in-use', `Another host answers on ${path}.`, {
      cure: 'Stop it first: ./nanoclaw stop.',
    });
  }
}

function answers(path: string): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const probe = connect(path);
    probe.once('connect', () => {
      probe.destroy();
      resolve(true);
    });
    probe.once('error', (error) => {
      const gone = ['ECONNREFUSED', 'ENOENT'].includes(systemCode(error) ?? '');
      if (gone) resolve(false);
      else reject(error);
    });
  });
}

function listen(server: Server, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(path, () => {
      server.off('error', reject);
      resolve();
    });
  });
}
