import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { tempDirectory } from '../../test/temp-directory.ts';
import { readEnvFile } from './env-file.ts';

function read(text: string | Buffer) {
  using directory = tempDirectory();
  const path = join(directory.path, '.env');
  writeFileSync(path, text);
  return readEnvFile(path);
}

test.each([
  ['as a shell script writes it', 'export A=1\nexport  B="2 3"\n'],
  ['with Windows line ends', 'A=1\r\nB="2 3"\r\n'],
  ['with a byte order mark', '\uFEFFA=1\nB="2 3"\n'],
  ['as UTF-16, saved by Windows', Buffer.from('\uFEFFA=1\r\nB="2 3"\r\n', 'utf16le')],
  ['with notes, blanks and empty values', '# note\n\n  A = 1 # first\nC=\nB=\'2 3\' # second\n  # note\nD="" \n'],
  ['without a line end at the end', 'A=1\nB=`2 3`'],
  ['with the same line twice, or an empty one before', 'A=\nA=1\nB=2 3\nA=1\n'],
])('two settings are read from a file %s', (_how, text) => {
  expect(read(text).values).toEqual({ A: '1', B: '2 3' });
});

test('a # inside a value is part of it, and so is a second = sign', () => {
  expect(read('A=a#b==\nB=" # "\n').values).toEqual({ A: 'a#b==', B: ' # ' });
});

test.each([
  ['A=1\nsk-ant-api03-SECRET\n', 2, 'A token stands there without its name'],
  ['\uFEFFSECRET\n', 1, 'Write NAME=value'],
  ['\r\n\r\nA: SECRET\r\n', 3, 'not a colon'],
  ['A="SECRET\nmore"\n', 1, 'Close it on the same line'],
  ["A='SECRET' SECRET\n", 1, 'Remove what stands there'],
  ['A=SECRET\nB=2\nA=SECRET2\n', 3, 'line 1 sets it too'],
  ['1A=SECRET\n', 1, 'Write NAME=value'],
  ['set A=SECRET\n', 1, 'Write NAME=value'],
])('what is not understood is told with its line, never with what stands there: %j', (text, line, words) => {
  const refused = () => read(text);
  expect(refused).toThrow(new RegExp(`^Line ${line} of .*\\.env `));
  try {
    refused();
  } catch (error) {
    const told = String(error) + JSON.stringify(error);
    expect(told).toContain(words);
    expect(told).not.toContain('SECRET');
  }
});

test('a file that others may read is told apart from a private one', () => {
  using directory = tempDirectory();
  const path = join(directory.path, '.env');
  writeFileSync(path, 'A=1\n');
  chmodSync(path, 0o600);
  expect(readEnvFile(path).readableByOthers).toBe(false);
  chmodSync(path, 0o640);
  expect(readEnvFile(path).readableByOthers).toBe(true);
});

test('no file is no settings', () => {
  using directory = tempDirectory();
  expect(readEnvFile(join(directory.path, '.env')).values).toEqual({});
});
