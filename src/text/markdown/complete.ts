import { chatMarkdown } from './dialect.ts';

/**
 * The beginning of a text as it reads well while the rest is still being written: marks that are open are closed, half a
 * link shows its words, half a mark at the end is held back. Only the last line of words is looked at.
 */
export function completeMarkdown(text: string): string {
  const tail = lastWords(text);
  if (tail === undefined || tail === '') return text;
  const begun = text.slice(0, text.length - tail.length);
  // Half a link is short; looking for one in a long line would take too long.
  const whole = tail.slice(0, -2_000);
  return begun + closed(whole + withoutHalves(tail.slice(-2_000)));
}

/** The words at the end that may still be marked; undefined inside of code. */
function lastWords(text: string): string | undefined {
  const source = text.replace(/\s+$/, '');
  const start = source.lastIndexOf('\n\n') + 2;
  const open = chatMarkdown()
    .parse(source, {})
    .findLast((token) => token.type === 'inline' || token.type === 'fence' || token.type === 'code_block');
  if (open?.type !== 'inline' || source !== text.trimEnd()) return undefined;
  // Marks run over lines, but not over blocks.
  const content = open.content.slice(open.content.lastIndexOf('\n') + 1);
  return source.endsWith(content) && source.length - content.length >= start - 2
    ? content + text.slice(source.length)
    : undefined;
}

function withoutHalves(words: string): string {
  return words
    .replace(/!?\[([^\]\n`]*)\]\([^)\n]*$/, '$1')
    .replace(/!?\[([^[\]\n`]*)$/, (whole, label: string) => (label === '' ? '' : whole))
    .replace(/(?<=^|\s)(?:\*{1,3}|_{1,3}|~{1,2}|`)$/, '');
}

function closed(words: string): string {
  const open: string[] = [];
  for (const [mark] of words.matchAll(/\\.|`+|\*\*|\*|~~|(?<![\p{L}\p{N}])__|__(?![\p{L}\p{N}])/gu)) {
    if (mark.startsWith('\\')) continue;
    const code = open.find((one) => one.startsWith('`'));
    if (code !== undefined && mark !== code) continue;
    const at = open.lastIndexOf(mark);
    if (at >= 0) open.splice(at);
    else open.push(mark);
  }
  const candidate = words.trimEnd() + open.reverse().join('');
  return open.length > 0 && readsWithout(candidate, open) ? candidate : words;
}

/** What was added has closed something: none of it is to be seen. */
function readsWithout(words: string, added: readonly string[]): boolean {
  const [inline] = chatMarkdown().parseInline(words, {});
  const shown = (inline?.children ?? []).map((token) => (token.type === 'code_inline' ? '' : token.content)).join('');
  return !shown.endsWith(added.at(-1) ?? '');
}
