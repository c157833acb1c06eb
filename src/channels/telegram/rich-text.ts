/** The words of a rich message, a line for each block; whatever Telegram adds to its shapes later is passed through. */
export function plainOf(value: unknown): string {
  return lines(value)
    .replace(/\n{3,}/g, '\n\n')
    .trim();
}

const ownLine = new Set([
  'paragraph',
  'heading',
  'pre',
  'footer',
  'blockquote',
  'pullquote',
  'mathematical_expression',
]);
const inside = ['label', 'summary', 'text', 'expression', 'alternative_text', 'blocks', 'items', 'cells', 'caption'];

function lines(value: unknown): string {
  if (typeof value === 'string') return value;
  if (Array.isArray(value)) return value.map(lines).join('');
  if (typeof value !== 'object' || value === null) return '';
  const fields = new Map<string, unknown>(Object.entries(value));
  const cells = fields.get('cells');
  if (Array.isArray(cells)) return cells.map((row) => `${rowOf(row)}\n`).join('');
  const text = inside.map((name) => lines(fields.get(name))).join('');
  return ownLine.has(String(fields.get('type'))) ? `${text}\n` : text;
}

function rowOf(row: unknown): string {
  return Array.isArray(row) ? row.map(lines).join(' | ') : '';
}
