import type { TestProject } from 'vitest/node';
import { takeSnapshot } from '../fixtures/crash/snapshot.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** A built checkout. */
    snapshot: string;
  }
}

/** One snapshot for a whole run; its hosts start as quickly as a service does. */
export async function setup(project: TestProject): Promise<() => void> {
  const snapshot = await takeSnapshot();
  project.provide('snapshot', snapshot.checkout);
  return snapshot.remove;
}
