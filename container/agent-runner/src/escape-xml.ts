/** As the host escapes all it hands over; `@` too, or the SDK would expand @path before the model sees it. */
export function escapeXml(text: string): string {
  return text
    .replace(/&/g, '&amp;')
    .replace(/</g, '&lt;')
    .replace(/>/g, '&gt;')
    .replace(/"/g, '&quot;')
    .replace(/@/g, '&#64;');
}

/** What is no character in XML, left out. */
export function visibleOnly(text: string): string {
  return text.toWellFormed().replace(/(?![\n\t])[\p{Cc}\ufffe\uffff]/gu, '');
}
