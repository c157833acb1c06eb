/** As a shell reports a program ended by SIGTERM. */
export const terminatedCode = 143;

/** Resolves when `signal` aborts, at once when it already has. */
export function whenAborted(signal: AbortSignal): Promise<undefined> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve(undefined);
    else signal.addEventListener('abort', () => resolve(undefined), { once: true });
  });
}
