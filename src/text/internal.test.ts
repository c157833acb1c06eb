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
