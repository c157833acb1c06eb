/**
 * Removes `<internal>…</internal>`, what the agent says to itself: any case, nested; an unclosed one hides everything after
 * it, for nothing may leave that the agent meant to keep. Returns the rest, trimmed.
 */
export function stripInternal(text: string): string {
  let stripped = strip(text);
  // What is taken out of the middle of a word can leave a tag behind that was none before.
  for (let before = text; stripped !== before; ) {
    before = stripped;
    stripped = strip(stripped);
  }
  return stripped.trim();
}

function strip(text: string): string {
  const tag = /<(\/?)internal(?=[\s/>]|$)[^<>]*(?:>|$|(?=<))/gi;
  let visible = '';
  let depth = 0;
  let from = 0;
  for (const match of text.matchAll(tag)) {
    if (depth === 0) visible += text.slice(from, match.index);
    from = match.index + match[0].length;
    if (match[1]) depth = Math.max(0, depth - 1);
    else if (!match[0].endsWith('/>')) depth += 1;
  }
  if (depth === 0) visible += text.slice(from);
  return visible;
}
