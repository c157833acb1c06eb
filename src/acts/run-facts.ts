// What is remembered of a group's newest container, over every crash: which one it is, what it was made with, and whether
// it holds a conversation that is over.
import type { Store } from '../store/store.ts';

const staleOf = (folder: string) => `stale-run:${folder}`;
const recallOf = (folder: string) => `recall:${folder}`;
const runOf = (folder: string) => `run:${folder}`;

/** `shape` stands for all that the container is told at its start and cannot be told again. */
export interface Made {
  readonly runId: string;
  readonly shape: string;
}

/** Before the container is told anything. */
export function noteRun(store: Store, folder: string, run: Made): void {
  store.facts.set(runOf(folder), `${run.runId} ${run.shape}`);
}

/** A container made now would be told something else. */
export function isOutdated(store: Store, folder: string, now: Made): boolean {
  return store.facts.get(runOf(folder)) !== `${now.runId} ${now.shape}`;
}

/**
 * The group's next container begins a new session, and the one that lives (or is being taken over) is closed when it has
 * finished what runs. Joins the caller's transaction.
 */
export function forgetSession(store: Store, folder: string): void {
  store.sessions.forget(folder);
  store.facts.set(recallOf(folder), '');
  const [runId = ''] = (store.facts.get(runOf(folder)) ?? '').split(' ');
  if (runId !== '') store.facts.set(staleOf(folder), runId);
}

/** As `forgetSession`, by ourselves: until the new session has answered, it is told what was said before it. */
export function renewSession(store: Store, folder: string): void {
  forgetSession(store, folder);
  store.facts.set(recallOf(folder), 'yes');
}

/** The group's session was begun by ourselves, and does not know yet what was said before it. */
export function wantsRecall(store: Store, folder: string): boolean {
  return store.facts.get(recallOf(folder)) === 'yes';
}

export function endRecall(store: Store, folder: string): void {
  if (wantsRecall(store, folder)) store.facts.set(recallOf(folder), '');
}

/** It holds a conversation that is over. */
export function isStale(store: Store, folder: string, runId: string): boolean {
  return store.facts.get(staleOf(folder)) === runId;
}

/** A stale container's last results may have named its own session again. */
export function forgetStaleSession(store: Store, folder: string, runId: string): void {
  if (isStale(store, folder, runId)) store.sessions.forget(folder);
}
