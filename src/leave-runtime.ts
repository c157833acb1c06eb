// A container works on after its host has gone. Before agents of this home run somewhere else, those of the old place end:
// two agents would share one mailbox, and the old one would get its way out back.
import type { Log } from './lib/log.ts';
import { NanoclawError, sentenceOf } from './model/errors.ts';
import { type RuntimeName, runtimeNames, type Sandbox } from './sandbox/sandbox.ts';
import type { Store } from './store/store.ts';

const fact = 'runtime-used';

/**
 * Records where agents run from now on, once nothing of this install runs where they ran before. `former` makes a sandbox
 * of that runtime, undefined where this machine has it no more. Throws `sandbox.left-behind` when the old engine does not
 * answer: another gateway's place would close the old agent's way out, but not keep it from the mailbox and the files.
 */
export async function leaveRuntime(
  store: Store,
  to: RuntimeName,
  { former, log }: { former: (runtime: RuntimeName) => Sandbox | undefined; log: Log },
): Promise<void> {
  const last = store.facts.get(fact) ?? store.facts.get('runtime');
  const from = runtimeNames.find((name) => name === last && name !== to);
  const install = store.facts.get('install');
  if (from && install !== undefined) {
    const sandbox = former(from);
    if (sandbox) await endAll(sandbox, install, log);
    else log.warn({ from, to }, 'agents ran elsewhere before, and that engine is not on this machine any more');
  }
  store.facts.set(fact, to);
}

async function endAll(sandbox: Sandbox, install: string, log: Log): Promise<void> {
  const { runtime } = sandbox.capabilities;
  try {
    for (const found of await sandbox.find(install)) {
      await sandbox.remove(found);
      log.info({ group: found.group, run: found.run, runtime }, 'a container of the runtime used before was removed');
    }
  } catch (error) {
    const message = `Agents of this home ran in ${runtime} before and may still work there: ${sentenceOf(error)}`;
    throw new NanoclawError('sandbox.left-behind', message, {
      cure: `Start ${runtime} once more and then me, so that I can end them; if it is gone for good: ./nanoclaw setup --step container.`,
      cause: error,
    });
  }
}
