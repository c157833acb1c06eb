import { join } from 'node:path';
import { buildSandbox, formerSandbox, type Preparer } from './build-parts.ts';
import type { Config } from './config.ts';
import { leaveRuntime } from './leave-runtime.ts';
import { stayAwake, systemClock } from './lib/clock.ts';
import { createLog } from './lib/log.ts';
import { hasCode, NanoclawError } from './model/errors.ts';
import type { RuntimeName } from './sandbox/sandbox.ts';
import { lockHome } from './store/lock.ts';
import { Store } from './store/store.ts';

/**
 * Decides anew where agents of this home run, whatever was recorded: finds or takes the runtime, prepares it, checks it,
 * and records it. Throws `host.running` while a host holds the home, and what made the runtime unusable.
 */
export async function settleRuntime(
  config: Config,
  preparer: Preparer,
  { note, signal }: { note: (line: string) => void; signal: AbortSignal },
): Promise<RuntimeName> {
  using _awake = stayAwake();
  using _lock = lock(config.home);
  const parts = { clock: systemClock, log: createLog('silent', process.stderr) };
  const { sandbox } = await buildSandbox(config, { ...parts, recorded: undefined, preparer, signal });
  await sandbox.check();
  const { runtime } = sandbox.capabilities;
  const store = Store.open(join(config.home, 'store', 'messages.db'));
  try {
    await leaveOld(store, runtime, { config, note });
    store.facts.set('runtime', runtime);
  } finally {
    store.close();
  }
  return runtime;
}

// Whoever decides anew while the old engine does not answer has decided that too, but is told.
async function leaveOld(
  store: Store,
  runtime: RuntimeName,
  { config, note }: { config: Config; note: (line: string) => void },
): Promise<void> {
  const log = createLog('silent', process.stderr);
  try {
    await leaveRuntime(store, runtime, { former: (old) => formerSandbox(old, config, systemClock), log });
  } catch (error) {
    if (!hasCode(error, 'sandbox.left-behind')) throw error;
    note(`${error.message} They are left running: check that none of them is still working.`);
    await leaveRuntime(store, runtime, { former: () => undefined, log });
  }
}

function lock(home: string): Disposable {
  try {
    return lockHome(join(home, 'data', 'host.lock'));
  } catch (error) {
    if (!hasCode(error, 'host.running')) throw error;
    throw new NanoclawError('host.running', 'A host is running here; it keeps its sandbox until it ends.', {
      cure: 'Stop it first: ./nanoclaw stop.',
      cause: error,
    });
  }
}
