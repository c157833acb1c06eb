// A new conversation is a new container: the one that holds the old one in its memory is remembered as stale, over a crash.
import type { TurnParts } from './parts.ts';

type StoreParts = Pick<TurnParts, 'store'>;

const factOf = (folder: string) => `stale-run:${folder}`;
const recallOf = (folder: string) => `recall:${folder}`;

/** The group's next container begins a new session; `runId` is the one that lives now. */
export function forgetSession({ store }: StoreParts, folder: string, runId: string | undefined): void {
  store.transaction(() => {
    store.sessions.forget(folder);
    store.facts.set(recallOf(folder), '');
    if (runId !== undefined) store.facts.set(factOf(folder), runId);
  });
}

/** As `forgetSession`, by ourselves: until the new session has answered, it is told what was said before it. */
export function renewSession(parts: StoreParts, folder: string, runId: string | undefined): void {
  forgetSession(parts, folder, runId);
  parts.store.facts.set(recallOf(folder), 'yes');
}

/** The group's session was begun by ourselves, and does not know yet what was said before it. */
export function wantsRecall({ store }: StoreParts, folder: string): boolean {
  return store.facts.get(recallOf(folder)) === 'yes';
}

export function endRecall({ store }: StoreParts, folder: string): void {
  if (store.facts.get(recallOf(folder)) === 'yes') store.facts.set(recallOf(folder), '');
}

export function isStale({ store }: StoreParts, folder: string, runId: string): boolean {
  return store.facts.get(factOf(folder)) === runId;
}

/** A stale container's last results may have named its own session again. */
export function forgetStaleSession(parts: StoreParts, folder: string, runId: string): void {
  if (isStale(parts, folder, runId)) parts.store.sessions.forget(folder);
}
