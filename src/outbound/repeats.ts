import type { Log } from '../lib/log.ts';
import { hasCode } from '../model/errors.ts';
import type { Store } from '../store/store.ts';

const fact = 'possible-repeats';

/** A try that failed, and perhaps did not: we broke it off, or the connection was lost after the bytes had left. */
export function isUnsure(error: unknown, signal: AbortSignal): boolean {
  return signal.aborted || hasCode(error, 'channel.unsure');
}

/** A platform may have taken this part without our knowing; it will be sent again. The only repeat there is. */
export function countRepeat({ store, log }: { store: Store; log: Log }, key: string): void {
  const count = Number(store.facts.get(fact) ?? 0) + 1;
  store.facts.set(fact, String(count));
  log.warn({ key, count }, 'repeat-possible');
}
