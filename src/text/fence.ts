/** A Markdown code fence that is open at some place of a text. */
export interface Fence {
  readonly indent: string;
  /** Three or more backticks or tildes. */
  readonly marker: string;
  readonly info: string;
}

/** The fence open after `text`, when `open` was open before it. A last line without a newline counts as a line. */
export function fenceAfter(text: string, open: Fence | undefined): Fence | undefined {
  let fence = open;
  for (const line of text.split('\n')) fence = fenceAfterLine(line, fence);
  return fence;
}

/**
 * Any indentation is accepted, not only CommonMark's three spaces: fences inside lists are indented further, and agents
 * write those far more often than fences quoted inside indented code.
 */
export function fenceAfterLine(line: string, open: Fence | undefined): Fence | undefined {
  const match = /^([ \t]*)(`{3,}|~{3,})(.*)$/s.exec(line);
  const [, indent = '', marker = '', rest = ''] = match ?? [];
  if (!marker) return open;
  const info = rest.trim();
  if (open) {
    const closes = marker.startsWith(open.marker) && marker[0] === open.marker[0] && info === '';
    return closes ? undefined : open;
  }
  return marker.startsWith('`') && info.includes('`') ? undefined : { indent, marker, info };
}
