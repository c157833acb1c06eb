import { mayBecomeInternal, stripInternal } from '../text/internal.ts';
import { splitText } from '../text/split.ts';

/**
 * What may be shown of a text that is still being written: nothing that is internal, and nothing that may turn out to be.
 * A longer beginning of the same text never shows less.
 */
export function visibleText(partial: string): string {
  const visible = stripInternal(partial);
  let end = visible.length;
  // Again and again, for one half may have hidden another.
  for (;;) {
    const bracket = end === 0 ? -1 : visible.lastIndexOf('<', end - 1);
    if (bracket < 0 || !mayBecomeInternal(visible.slice(bracket, end))) return visible.slice(0, end);
    end = bracket;
    while (end > 0 && /\s/.test(visible.charAt(end - 1))) end -= 1;
  }
}

/** The beginning of a text that fits into one message; where it is cut it says so. */
export function oneMessage(text: string, limit: number): string {
  if (text.length <= limit) return text;
  const mark = '\n…';
  // Far beyond what can be shown there is nothing to look at.
  const [first = ''] = splitText(text.slice(0, limit * 2), limit - mark.length);
  return first + mark;
}

/** What a person sees: the text so far, below it a line about what goes on. */
export function shownText(text: string, line: string | undefined, limit: number): string {
  if (line === undefined) return oneMessage(text, limit);
  if (text === '') return oneMessage(line, limit);
  return `${oneMessage(text, limit - line.length - 2)}\n\n${line}`;
}
