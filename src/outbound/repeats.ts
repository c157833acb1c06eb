import type { Log } from '../lib/log.ts';
import type { Store } from '../store/store.ts';

const fact = 'possible-repeats';

/** A platform may have taken this part without our knowing; it will be sent again. The only repeat there is. */
export function countRepeat({ store, log }: { store: Store; log: Log }, key: string): void {
  const count = Number(store.facts.get(fact) ?? 0) + 1;
  store.facts.set(fact, String(count));
  log.warn({ key, count }, 'repeat-possible');
}
