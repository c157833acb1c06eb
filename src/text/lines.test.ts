import fc from 'fast-check';
import { expect, test } from 'vitest';
import { LineCutter } from './lines.ts';

function cut(text: string, limit: number, chunk: number): string[] {
  const cutter = new LineCutter(limit);
  const bytes = Buffer.from(text);
  const found = [];
  for (let at = 0; at < bytes.length; at += chunk) found.push(...cutter.push(bytes.subarray(at, at + chunk)));
  found.push(...cutter.end());
  return found.map((line) => (line.type === 'line' ? line.text : '(too long)'));
}

test('lines are the same whatever the chunks', () => {
  const text = fc.string({ unit: fc.constantFrom('a', 'é', '😀', '\n', '\r\n'), maxLength: 60 });
  fc.assert(
    fc.property(text, fc.integer({ min: 1, max: 7 }), (all, chunk) => {
      const expected = all.split(/\r?\n/);
      if (expected.at(-1) === '') expected.pop();
      expect(cut(all, 1000, chunk)).toEqual(expected);
    }),
  );
});

test('a line over the limit is reported once, and the next one is read', () => {
  expect(cut(`${'x'.repeat(50)}\nnext\n`, 10, 3)).toEqual(['(too long)', 'next']);
  expect(cut('x'.repeat(50), 10, 3)).toEqual(['(too long)']);
  expect(cut('exactly ten'.slice(0, 10), 10, 3)).toEqual(['exactly te']);
});
