import { type Fence, fenceAfter, fenceAfterLine } from './fence.ts';

/**
 * Cuts Markdown into parts of at most `limit` UTF-16 units (`limit` ≥ 2): beside fences and between paragraphs where it
 * can, else between lines, else between words, never inside a surrogate pair. A fence that is cut is closed and opened
 * again with its language. The parts together hold everything but white space; none is blank.
 */
export function splitText(text: string, limit: number): string[] {
  if (!(limit >= 2)) throw new RangeError(`cannot split text into parts of ${limit}`);
  const parts: string[] = [];
  let at = 0;
  let open: Fence | undefined;
  while (at < text.length) {
    if (!open) at = afterBlankLines(text, at);
    const { head } = frameOf(open, limit);
    if (head === '') open = undefined;
    const room = limit - head.length;
    if (text.length - at <= room) {
      const last = text.slice(at);
      if (last.trim() !== '') parts.push(head + last);
      break;
    }
    const window = text.slice(at, at + room + 1);
    const cut = chooseCut(window, room, open);
    const body = window.slice(0, cut.end);
    const part = head + (cut.open ? body : body.trimEnd()) + frameOf(cut.open, limit).tail;
    if (part.trim() !== '') parts.push(part);
    at += cut.resume;
    open = cut.open;
    const closing = open && closingLine(text, at, open);
    if (closing) {
      at += closing.length;
      open = undefined;
    }
  }
  return parts;
}

interface Cut {
  /** The part is `window.slice(0, end)`. */
  readonly end: number;
  /** The next part begins here. */
  readonly resume: number;
  readonly open: Fence | undefined;
}

/** `window` is one unit longer than `room`, to see whether a word ends exactly at its edge. */
function chooseCut(window: string, room: number, open: Fence | undefined): Cut {
  const lines = lineCuts(window, room, open);
  const enough = room / 4;
  const good = [lines.block, lines.line].find((cut) => cut !== undefined && cut.end >= enough);
  if (good) return good;
  const word = wordCut(window, room, open);
  if (word && word.end >= enough) return word;
  return lines.line ?? lines.block ?? word ?? hardCut(window, room, open);
}

/** The latest cut before a line, and the latest that is also a border of blocks. */
function lineCuts(window: string, room: number, open: Fence | undefined): { block?: Cut; line?: Cut } {
  const found: { block?: Cut; line?: Cut } = {};
  let fence = open;
  let start = 0;
  let afterBlock = false;
  for (let newline = window.indexOf('\n'); newline >= 0; newline = window.indexOf('\n', start)) {
    const line = window.slice(start, newline);
    const before = fence;
    fence = fenceAfterLine(line, before);
    const opens = !before && fence !== undefined;
    const blank = !before && line.trim() === '';
    if (start > 0 && !before && (opens || blank || afterBlock)) {
      found.block = { end: start - 1, resume: start, open: undefined };
    }
    // Right behind an opening line the part would end in an empty fence.
    if (newline > 0 && !opens && newline + closeLength(fence) <= room) {
      found.line = { end: newline, resume: newline + 1, open: fence };
    }
    afterBlock = blank || (before !== undefined && fence === undefined);
    start = newline + 1;
  }
  const rest = window.slice(start);
  if (start > 0 && !fence && (afterBlock || fenceAfterLine(rest, undefined))) {
    found.block = { end: start - 1, resume: start, open: undefined };
  }
  return found;
}

function wordCut(window: string, room: number, open: Fence | undefined): Cut | undefined {
  const reserve = closeLength(fenceAfter(window, open)) + closeLength(open);
  for (let at = Math.min(room - reserve, window.length - 1); at > 0; at--) {
    if (!/\s/.test(window[at] ?? '') || /^\s*(`{3}|~{3})/.test(window.slice(at, at + 200))) continue;
    const fence = fenceAfter(window.slice(0, at), open);
    if (at + closeLength(fence) > room) continue;
    return { end: at, resume: fence ? at : at + 1, open: fence };
  }
  return undefined;
}

function hardCut(window: string, room: number, open: Fence | undefined): Cut {
  let end = room;
  let fence = fenceAfter(window.slice(0, end), open);
  // A shorter piece may leave out the very line that opened the fence: look again until it fits.
  while (end > 2 && end + closeLength(fence) > room) {
    end = Math.max(2, Math.min(end - 1, room - closeLength(fence)));
    fence = fenceAfter(window.slice(0, end), open);
  }
  // A fence so long that it leaves no room for what it holds is text like any other.
  if (end < room / 4) {
    end = room;
    fence = undefined;
  }
  const unit = window.charCodeAt(end - 1);
  if (end > 1 && unit >= 0xd800 && unit <= 0xdbff) end -= 1;
  return { end, resume: end, open: end + closeLength(fence) <= room ? fence : undefined };
}

/** What a part inside `open` begins and ends with; nothing when that would leave no room for the text. */
function frameOf(open: Fence | undefined, limit: number): { head: string; tail: string } {
  if (!open) return { head: '', tail: '' };
  const tail = `\n${open.indent}${open.marker}`;
  for (const info of [open.info, '']) {
    const head = `${open.indent}${open.marker}${info}\n`;
    if (head.length + tail.length <= limit / 2) return { head, tail };
  }
  return { head: '', tail: '' };
}

function closeLength(open: Fence | undefined): number {
  return open ? open.indent.length + open.marker.length + 1 : 0;
}

/** The line at `at` with its newline, when all it does is close `open`: a cut before it has closed the fence already. */
function closingLine(text: string, at: number, open: Fence): string | undefined {
  const line = /[^\n]{0,1000}(\n|$)/y;
  line.lastIndex = at;
  const found = line.exec(text)?.[0];
  return found !== undefined && !fenceAfterLine(found.trimEnd(), open) ? found : undefined;
}

function afterBlankLines(text: string, at: number): number {
  const blank = /(?:[ \t\r]*\n)+/y;
  blank.lastIndex = at;
  return at + (blank.exec(text)?.[0].length ?? 0);
}
