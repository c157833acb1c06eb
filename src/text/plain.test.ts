import { expect, test } from 'vitest';
import { visibleText } from './plain.ts';

test('control characters are written out, everything else stays as it is', () => {
  expect(visibleText('a\tb\u001b[31m\r\n\u009b2J\u0000\u007f ünï 中 😀')).toBe(
    'a\tb\\x1b[31m\\x0d\\x0a\\x9b2J\\x00\\x7f ünï 中 😀',
  );
});
