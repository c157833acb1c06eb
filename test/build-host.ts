import { fileURLToPath } from 'node:url';
import { ensureBuilt } from '../scripts/build.mjs';

/** Before tests that start the real command: it is built, so that none of them is the one that builds it. */
export async function setup(): Promise<void> {
  await ensureBuilt(fileURLToPath(new URL('..', import.meta.url)), { log: () => undefined });
}
