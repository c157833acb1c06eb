import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A directory of the test's own, gone with it. */
export function tempDirectory(): Disposable & { path: string } {
  const path = mkdtempSync(join(tmpdir(), 'nanoclaw-test-'));
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) };
}
