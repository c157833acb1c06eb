/** 5, 10, 20, 40, 80 s for tries 1 to 5, `lastMs` from then on. */
export function backoffMs(tries: number, lastMs: number): number {
  return tries > 5 ? lastMs : 5_000 * 2 ** (Math.max(tries, 1) - 1);
}
