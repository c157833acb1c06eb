import fc from 'fast-check';
import { expect, test } from 'vitest';
import { cutAt, shorten } from './shorten.ts';

const graphemes = (text: string) => [...new Intl.Segmenter('en').segment(text)].map(({ segment }) => segment);

test('what is cut off is marked, and no character is cut in half', () => {
  const text = fc.string({ unit: fc.constantFrom('👨‍👩‍👧‍👦', '🇩🇪', 'e\u0301', '👍🏽', 'a', ' ', '東'), maxLength: 60 });
  fc.assert(
    fc.property(text, fc.integer({ min: 12, max: 80 }), (all, length) => {
      const line = all.replace(/\s+/g, ' ').trim();
      const short = shorten(all, length);
      expect(short.length).toBeLessThanOrEqual(length);
      const kept = graphemes(short.replace(/…$/, ''));
      expect(graphemes(line).slice(0, kept.length)).toEqual(kept);
      expect(short.endsWith('…')).toBe(line.length > length);
      expect(
        graphemes(all)
          .slice(0, graphemes(cutAt(all, length)).length)
          .join(''),
      ).toBe(cutAt(all, length));
    }),
    { numRuns: 1_000 },
  );
});

test('a very long text is one line at once', () => {
  expect(shorten('word\n'.repeat(1_000_000), 20)).toBe('word word word word…');
  expect(shorten('a\u202eb\u0000c', 20)).toBe('a b c');
});
