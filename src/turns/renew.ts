// A new conversation is a new container: the one that holds the old one in its memory is remembered as stale, over a crash.
import type { TurnParts } from './parts.ts';

const factOf = (folder: string) => `stale-run:${folder}`;

/** The group's next container begins a new session; `runId` is the one that lives now. */
export function forgetSession({ store }: TurnParts, folder: string, runId: string | undefined): void {
  store.transaction(() => {
    store.sessions.forget(folder);
    if (runId !== undefined) store.facts.set(factOf(folder), runId);
  });
}

export function isStale({ store }: TurnParts, folder: string, runId: string): boolean {
  return store.facts.get(factOf(folder)) === runId;
}

/** A stale container's last results may have named its own session again. */
export function forgetStaleSession(parts: TurnParts, folder: string, runId: string): void {
  if (isStale(parts, folder, runId)) parts.store.sessions.forget(folder);
}
