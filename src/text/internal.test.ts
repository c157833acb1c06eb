import fc from 'fast-check';
import { expect, test } from 'vitest';
import { stripInternal } from './internal.ts';

test('what the agent says to itself is removed, in any case and nested', () => {
  expect(stripInternal('a<internal>x</internal>b')).toBe('ab');
  expect(stripInternal('<INTERNAL>x</Internal> hello ')).toBe('hello');
  expect(stripInternal('a <internal>x <internal>y</internal> z</internal> b')).toBe('a  b');
  expect(stripInternal('a<internal kind="plan">x</internal >b')).toBe('ab');
  expect(stripInternal('a<internal/>b')).toBe('ab');
});

test('an unclosed one hides everything after it', () => {
  expect(stripInternal('hello <internal>secret')).toBe('hello');
  expect(stripInternal('hello <internal')).toBe('hello');
  expect(stripInternal('<internal>a<internal>b</internal>c')).toBe('');
});

test('other tags and a closing tag alone do not hide anything', () => {
  expect(stripInternal('<internals>x</internals>')).toBe('<internals>x</internals>');
  expect(stripInternal('a</internal>b')).toBe('ab');
});

test('whatever stands inside never comes out', () => {
  const noise = fc.string({ unit: fc.constantFrom('<', '>', '/', 'internal', ' ', 'x', '<internal>', '</internal>') });
  fc.assert(
    fc.property(noise, (before) => !stripInternal(`${before}<internal>SECRET`).includes('SECRET')),
    { numRuns: 2_000, examples: [['</internal/'], ['<internal <'], ['<int</internal>ernal>']] },
  );
});

test('what is left around a removed tag counts as the tag it would be', () => {
  expect(stripInternal('a<int<internal/>ernal>secret</internal>b')).toBe('ab');
  expect(stripInternal('a<int<internal>x</internal>ernal>secret')).toBe('a');
  expect(stripInternal('a<internal<internal/>')).toBe('a');
  expect(stripInternal('a<inter<internal/>est>b')).toBe('a<interest>b');
});

test('nothing that is left is a tag', () => {
  const piece = fc.constantFrom(
    '<',
    '>',
    '/',
    '</',
    'in',
    'ternal',
    ' ',
    'x',
    '<internal>',
    '</internal>',
    '<INTERNAL/>',
  );
  const noise = fc.array(piece, { maxLength: 30 }).map((pieces) => pieces.join(''));
  fc.assert(
    fc.property(noise, (text) => {
      const left = stripInternal(text);
      expect(left).not.toMatch(/<\/?internal(?=[\s/>]|$)/i);
      expect(stripInternal(left)).toBe(left);
    }),
    { numRuns: 5_000 },
  );
});

// The largest text that is taken from an agent: that each of these ends is the promise, how fast is not.
const largest = 4 * 1024 * 1024;
test.each([
  ['tags in tags', (n: number) => `${'<inter'.repeat(n)}${'nal/>'.repeat(n)}`],
  ['tags that open', (n: number) => '<internal>'.repeat(n)],
  ['tags that close', (n: number) => '</internal>'.repeat(n)],
  ['brackets', (n: number) => '<'.repeat(n * 10)],
  ['whole words', (n: number) => '<internal'.repeat(n)],
  ['a tag without an end', (n: number) => `<internal ${'/'.repeat(n * 10)}`],
  ['beginnings and spaces', (n: number) => '< '.repeat(n * 5)],
])('the largest text is gone through in one pass: %s', (_, make) => {
  const text = make(Math.floor(largest / 11));
  expect(stripInternal(text).length).toBeLessThanOrEqual(text.length);
});
