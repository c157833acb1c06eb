import { join } from 'node:path';
import { hasCode, NanoclawError } from '../model/errors.ts';
import type { RuntimeName } from '../sandbox/sandbox.ts';
import { lockHome } from '../store/lock.ts';
import { Store } from '../store/store.ts';

/** Records where agents run from the next start on. Throws `host.running` while a host holds the home. */
export function recordRuntime(home: string, runtime: RuntimeName): void {
  using _lock = lock(home);
  const store = Store.open(join(home, 'store', 'messages.db'));
  try {
    store.facts.set('runtime', runtime);
  } finally {
    store.close();
  }
}

function lock(home: string): Disposable {
  try {
    return lockHome(join(home, 'data', 'host.lock'));
  } catch (error) {
    if (!hasCode(error, 'host.running')) throw error;
    throw new NanoclawError('host.running', 'A host is running here; it keeps its sandbox until it ends.', {
      cure: 'Stop it first: npx nanoclaw stop.',
      cause: error,
    });
  }
}
