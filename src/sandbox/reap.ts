import type { Log } from '../lib/log.ts';
import { hasCode } from '../model/errors.ts';
import type { FoundRun, Sandbox } from './sandbox.ts';

/**
 * Removes what earlier host processes of this very install left behind, but for the runs in `keep`. An engine that does
 * not answer holds the start up no longer than its deadline: what it still has is removed when its name is wanted.
 */
export async function reapLeftovers(
  sandbox: Sandbox,
  options: { install: string; log: Log; keep?: ReadonlySet<string> },
): Promise<readonly FoundRun[]> {
  const { install, log, keep = new Set<string>() } = options;
  try {
    const leftovers = (await sandbox.find(install)).filter((found) => !keep.has(found.run));
    await Promise.all(leftovers.map((found) => sandbox.remove(found)));
    for (const { group, run, name } of leftovers) log.info({ group, run, name }, 'a leftover container was removed');
    return leftovers;
  } catch (error) {
    if (!hasCode(error, 'sandbox.unavailable')) throw error;
    log.warn({ err: error }, 'leftover containers could not be looked for');
    return [];
  }
}
