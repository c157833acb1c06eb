import type { Token } from 'marked';
import type { Span } from './spans.ts';

/** The runs of a paragraph. `style` is what already holds around them. */
export function inlineSpans(tokens: readonly Token[], style: readonly number[]): Span[] {
  return tokens.flatMap((token) => inline(token, style));
}

function inline(token: Token, style: readonly number[]): Span[] {
  const tokens = 'tokens' in token ? token.tokens : undefined;
  const inner = (more: number[]) => inlineSpans(tokens ?? [], [...style, ...more]);
  switch (token.type) {
    case 'strong':
      return inner([1]);
    case 'em':
      return inner([3]);
    case 'del':
      return inner([9]);
    case 'codespan':
      return [{ text: `\`${token['text']}\``, style: [...style, 33] }];
    case 'br':
      return [{ text: '\n', style }];
    case 'link': {
      const label = inner([4]);
      const href = String(token['href']);
      const shown = label.map((span) => span.text).join('');
      return shown === href || `mailto:${shown}` === href
        ? label
        : [...label, { text: ` (${href})`, style: [...style, 2] }];
    }
    case 'image':
      return [{ text: `${token['text'] || 'image'} (${token['href']})`, style }];
    case 'checkbox':
      return [];
    case 'text':
    case 'escape':
      return tokens ? inner([]) : [{ text: decoded(String(token['text'])), style }];
    default:
      return [{ text: token.raw, style }];
  }
}

/** The named entities that models write. The lexer decodes the numeric ones. */
function decoded(text: string): string {
  const named: Record<string, string> = { amp: '&', lt: '<', gt: '>', quot: '"', nbsp: ' ' };
  return text.replace(/&(amp|lt|gt|quot|nbsp);/g, (whole, name: string) => named[name] ?? whole);
}
