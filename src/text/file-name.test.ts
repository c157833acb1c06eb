import fc from 'fast-check';
import { expect, test } from 'vitest';
import { safeFileName, shownFileName } from './file-name.ts';

const about = { mime: undefined, otherwise: 'document' };

test.each([
  ['report.pdf', 'report.pdf'],
  ['Rechnung März 2026.pdf', 'Rechnung_März_2026.pdf'],
  ['写真.jpg', '写真.jpg'],
  ['../../etc/passwd', 'etc_passwd'],
  ['..\\..\\boot.ini', 'boot.ini'],
  ['.bashrc', 'bashrc'],
  ['-rf', 'rf'],
  ['a\u0000b\u202egpj.exe', 'a_b_gpj.exe'],
  ['$(reboot);"`.txt', 'reboot_.txt'],
  ['@home', 'home'],
  ['', 'document'],
  ['...', 'document'],
  ['archive.tar.gz', 'archive.tar.gz'],
])('%j becomes %j', (name, safe) => {
  expect(safeFileName(name, about)).toBe(safe);
});

test('what has no extension gets that of its type; one that is there stays', () => {
  expect(safeFileName(undefined, { mime: 'image/jpeg', otherwise: 'photo' })).toBe('photo.jpg');
  expect(safeFileName(undefined, { mime: 'audio/ogg; codecs=opus', otherwise: 'voice' })).toBe('voice.ogg');
  expect(safeFileName('notes', { mime: 'text/plain', otherwise: 'document' })).toBe('notes.txt');
  expect(safeFileName('a.bin', { mime: 'image/png', otherwise: 'photo' })).toBe('a.bin');
  expect(safeFileName('notes', { mime: 'application/x-unheard-of', otherwise: 'document' })).toBe('notes');
});

test('a long name is cut before its extension, between two letters', () => {
  const name = safeFileName(`${'写'.repeat(200)}.jpeg`, about);
  expect(name.endsWith('写.jpeg')).toBe(true);
  expect(Buffer.byteLength(name)).toBeLessThanOrEqual(100);
});

test('whatever it is made of, it is one component of a path, one word of a shell, and short', () => {
  const strange = fc.oneof(fc.string({ unit: 'binary', maxLength: 400 }), fc.string({ maxLength: 400 }));
  fc.assert(
    fc.property(strange, fc.option(strange, { nil: undefined }), (name, mime) => {
      const safe = safeFileName(name, { mime, otherwise: 'document' });
      expect(safe).toMatch(/^[\p{L}\p{M}\p{N}][\p{L}\p{M}\p{N}._-]*$/u);
      expect(Buffer.byteLength(safe)).toBeLessThanOrEqual(100);
      expect(safeFileName(safe, { mime: undefined, otherwise: 'document' })).toBe(safe);
    }),
    { numRuns: 5_000 },
  );
});

test('a name that is shown is one line without surprises, and keeps its spaces', () => {
  expect(shownFileName('Rechnung März 2026.pdf')).toBe('Rechnung März 2026.pdf');
  expect(shownFileName('a\r\nX-Evil: "1"\u202e/\\.pdf')).toBe('a__X-Evil: _1____.pdf');
});
