/** Settles as `work` does; rejects as soon as `signal` aborts, whatever `work` does then. */
export async function untilAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  let onAbort = () => undefined;
  const aborted = new Promise<never>((_resolve, reject) => {
    onAbort = () => void reject(signal.reason);
    if (signal.aborted) onAbort();
    signal.addEventListener('abort', onAbort, { once: true });
  });
  try {
    return await Promise.race([work, aborted]);
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}
