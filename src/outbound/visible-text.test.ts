import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { stripInternal } from '../text/internal.ts';
import { shownText, visibleText } from './visible-text.ts';

describe('a text that is still being written', () => {
  test.each([
    ['hello <internal>I think</internal> you', 'hello  you'],
    ['hello <internal>I thi', 'hello'],
    ['hello <inter', 'hello'],
    ['hello <', 'hello'],
    ['hello </int', 'hello'],
    ['hello <INTERNAL', 'hello'],
    ['1 < 2', '1 < 2'],
    ['hello <interest', 'hello <interest'],
    ['<internal>a</internal', ''],
    ['a <internal x="', 'a'],
  ])('%j shows %j', (partial, shown) => {
    expect(visibleText(partial)).toBe(shown);
  });

  test('never shows what the whole text hides, wherever it is cut', () => {
    const tags = ['<internal>', '</internal>', '<INTERNAL >', '<internal/>', '<', '</', '<b>'];
    const piece = fc.constantFrom(...tags, 'SECRET', 'word ', '\n', 'int', 'ernal>');
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
        const text = pieces.join('');
        const whole = stripInternal(text);
        for (let at = 0; at <= text.length; at++) {
          const shown = visibleText(text.slice(0, at));
          expect(whole.startsWith(shown)).toBe(true);
          expect(/<\/?internal(?=[\s/>]|$)/i.test(shown)).toBe(false);
        }
      }),
      { numRuns: 1_000, examples: [[['<', 'int', '</internal>', 'ernal>']]] },
    );
  });

  test('has as many halves as it likes', () => {
    const n = 400_000;
    expect(visibleText(`hello ${'<'.repeat(n)}`)).toBe('hello');
    expect(visibleText(`hello ${'<inter'.repeat(n)}`)).toBe('hello');
    expect(visibleText(`hello ${'< '.repeat(n)}<`)).toBe('hello');
  });

  test('is cut to one message, and says so', () => {
    const oneMessage = (text: string, length: number) => shownText(text, undefined, { length });
    expect(oneMessage('short', 10)).toBe('short');
    const shown = oneMessage('word '.repeat(100), 40);
    expect(shown.length).toBeLessThanOrEqual(40);
    expect(shown.endsWith('\n…')).toBe(true);
    expect(oneMessage(`\`\`\`js\n${'x\n'.repeat(100)}`, 60)).toMatch(/\n```\n…$/);
  });

  test('leaves room for the line below it', () => {
    const line = '⏳ working (2 min)';
    const shown = shownText('word '.repeat(100), line, { length: 60 });
    expect(shown.length).toBeLessThanOrEqual(60);
    expect(shown.endsWith(`\n\n${line}`)).toBe(true);
    expect(shownText('', line, { length: 60 })).toBe(line);
  });
});
