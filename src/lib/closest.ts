/** The name that was probably meant: it has the same words (`TELEGRAM_TOKEN`), or nearly the same letters. */
export function closest(wrong: string, names: readonly string[]): string | undefined {
  const ranked = names
    .map((name) => ({ name, score: likeness(wrong.toUpperCase(), name.toUpperCase()) }))
    .sort((a, b) => b.score - a.score);
  const [best] = ranked;
  return best && best.score >= 0.6 ? best.name : undefined;
}

function likeness(a: string, b: string): number {
  const words = (text: string) => new Set(text.split(/[^A-Z0-9]+/));
  const [ours, theirs] = [words(a), words(b)];
  const shared = [...ours].filter((word) => theirs.has(word)).length;
  const byWords = (2 * shared) / (ours.size + theirs.size);
  return Math.max(byWords, 1 - distance(a, b) / Math.max(a.length, b.length));
}

/** Letters to change, add or remove between two words (Levenshtein). */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (const [i, letter] of [...a].entries()) {
    const next = [i + 1];
    for (const [j, other] of [...b].entries()) {
      const least = Math.min((row[j] ?? 0) + (letter === other ? 0 : 1), (row[j + 1] ?? 0) + 1, (next[j] ?? 0) + 1);
      next.push(least);
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
