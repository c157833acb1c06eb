/** Without control characters (tabs and newlines stay), so that a model's text cannot steer the reader's terminal. */
export function plainText(text: string): string {
  return text.replaceAll('\r\n', '\n').replace(/(?![\t\n])\p{Cc}/gu, '');
}

/** Control characters, but for tabs, written out: on one line, and nothing that a terminal obeys. */
export function visibleText(text: string): string {
  return text.replace(/(?!\t)\p{Cc}/gu, (character) => `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`);
}
