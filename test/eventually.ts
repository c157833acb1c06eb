type Attempt<T> = T | undefined | false;

/** Resolves with the first value `look` gives that is not undefined or false; rejects, saying what was awaited, after `withinMs`. */
export async function eventually<T>(
  what: string,
  look: () => Attempt<T> | Promise<Attempt<T>>,
  withinMs = 60_000,
): Promise<T> {
  const end = Date.now() + withinMs;
  for (;;) {
    const value = await look();
    if (value !== undefined && value !== false) return value;
    if (Date.now() > end) throw new Error(`waited ${withinMs} ms in vain: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
