/** Without control characters (tabs and newlines stay), so that a model's text cannot steer the reader's terminal. */
export function plainText(text: string): string {
  return text.replaceAll('\r\n', '\n').replace(/(?![\t\n])\p{Cc}/gu, '');
}
