/** At most `length` UTF-16 units, on one line; what is cut off is marked, and no character is cut in half. */
export function shorten(text: string, length: number): string {
  // Far beyond what is kept there is nothing to look at.
  const line = oneLine(text.slice(0, length * 8 + 1000));
  return line.length <= length && text.length <= length * 8 + 1000 ? line : `${cutAt(line, length - 1).trimEnd()}…`;
}

/** Without control characters, and without what turns directions round: it could make a line read as something else. */
export function oneLine(text: string): string {
  return text
    .toWellFormed()
    .replace(/[\p{Cc}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\u2028\u2029\s]+/gu, ' ')
    .trim();
}

/** The beginning, at most `length` UTF-16 units; ends where a character as people see it ends. */
export function cutAt(text: string, length: number): string {
  return text.slice(0, boundaryBefore(text, length));
}

/**
 * The last place at or before `at` where no character as people see it (an emoji of several parts, a flag, a letter with
 * its accents) is cut; one that is longer than `at` itself is cut between its parts.
 */
export function boundaryBefore(text: string, at: number): number {
  if (at >= text.length) return text.length;
  if (at <= 0) return 0;
  const from = certainBoundary(text, at);
  const segments = new Intl.Segmenter('en', { granularity: 'grapheme' }).segment(text.slice(from, at + 200));
  const found = from + (segments.containing(at - from)?.index ?? 0);
  if (found > 0) return found;
  return at > 1 && isLowSurrogate(text, at) ? at - 1 : at;
}

/** A place before `at` that surely is a boundary: between two plain letters, or so far back that it does not matter. */
function certainBoundary(text: string, at: number): number {
  const least = Math.max(0, at - 400);
  for (let place = at - 1; place > least; place--) {
    if (/^[ -~]{2}$/.test(text.slice(place - 1, place + 1))) return place;
  }
  return least > 0 && isLowSurrogate(text, least) ? least - 1 : least;
}

function isLowSurrogate(text: string, at: number): boolean {
  return (text.charCodeAt(at) & 0xfc00) === 0xdc00;
}
