/** Milliseconds of a clock that every process of this machine shares. */
export function moment(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}

/** The wall clock, as finely as `moment`: for parts that are given a clock. */
export function now(): number {
  return performance.timeOrigin + performance.now();
}

/** The moment of something that was noted by `now`. */
export function momentOf(at: number): number {
  return at - now() + moment();
}

export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** Rejects, saying what was awaited, rather than to hang for ever. */
export async function within<T>(ms: number, what: string, promise: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`waited ${ms} ms in vain for ${what}`)), ms);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}
