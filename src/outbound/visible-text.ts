import { mayBecomeInternal, stripInternal } from '../text/internal.ts';
import { completeMarkdown } from '../text/markdown/complete.ts';
import { cutAt } from '../text/shorten.ts';
import { splitMarkdown, type TextLimits } from '../text/split.ts';

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

/** The beginning of a text that fits into one message, as it reads well while it grows; where it is cut it says so. */
function oneMessage(text: string, limits: TextLimits): string {
  const mark = '\n…';
  // Far beyond what can be shown there is nothing to look at.
  const looked = cutAt(text, limits.length * 4);
  if (looked === text && splitMarkdown(text, limits).length <= 1) return completeMarkdown(text);
  const [first = ''] = splitMarkdown(looked, less(limits, mark.length));
  return first + mark;
}

/** What a person sees: the text so far, below it a line about what goes on. */
export function shownText(text: string, line: string | undefined, limits: TextLimits): string {
  if (line === undefined) return oneMessage(text, limits);
  if (text === '') return oneMessage(line, limits);
  return `${oneMessage(text, less(limits, line.length + 2))}\n\n${line}`;
}

function less({ length, blocks, ...others }: TextLimits, by: number): TextLimits {
  return { ...others, length: length - by, ...(blocks === undefined ? {} : { blocks: blocks - 1 }) };
}
