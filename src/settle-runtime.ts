import { join } from 'node:path';
import { buildSandbox, type Preparer } from './build-parts.ts';
import type { Config } from './config.ts';
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
export async function settleRuntime(config: Config, preparer: Preparer): Promise<RuntimeName> {
  using _awake = stayAwake();
  using _lock = lock(config.home);
  const parts = { clock: systemClock, log: createLog('silent', process.stderr) };
  const { sandbox } = await buildSandbox(config, { ...parts, recorded: undefined, preparer });
  await sandbox.check();
  const store = Store.open(join(config.home, 'store', 'messages.db'));
  store.facts.set('runtime', sandbox.capabilities.runtime);
  store.close();
  return sandbox.capabilities.runtime;
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
