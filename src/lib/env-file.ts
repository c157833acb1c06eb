// A `.env` file, read strictly: what is not understood stops, with the line's number and never with what stands there.
import { readFileSync, statSync } from 'node:fs';
import { NanoclawError, systemCode } from '../model/errors.ts';

export interface EnvFile {
  /** Those that have a value. */
  readonly values: Readonly<Record<string, string>>;
  /** Where each name stands. */
  readonly lines: Readonly<Record<string, number>>;
  /** Other users of the machine may read it. */
  readonly readableByOthers: boolean;
}

/** Reads the variables of a `.env` file; none where there is no file. Throws `config.invalid` naming the line. */
export function readEnvFile(path: string): EnvFile {
  try {
    const text = decode(readFileSync(path));
    const readableByOthers = process.platform !== 'win32' && (statSync(path).mode & 0o044) !== 0;
    return { ...parseLines(text, path), readableByOthers };
  } catch (error) {
    if (error instanceof NanoclawError) throw error;
    if (systemCode(error) === 'ENOENT') return { values: {}, lines: {}, readableByOthers: false };
    throw new NanoclawError('config.invalid', `${path} cannot be read: ${systemCode(error)}.`, {
      cure: 'Make it a text file that this user may read.',
      cause: error,
    });
  }
}

/** As editors save text: UTF-8 with or without a byte order mark, or UTF-16 with one (Windows). */
function decode(bytes: Buffer): string {
  const encoding = bytes[0] === 0xff && bytes[1] === 0xfe ? 'utf-16le' : 'utf-8';
  return new TextDecoder(encoding).decode(bytes);
}

function parseLines(text: string, path: string): Pick<EnvFile, 'values' | 'lines'> {
  const values: Record<string, string> = {};
  const lines: Record<string, number> = {};
  for (const [index, line] of text.split(/\r\n|\n|\r/).entries()) {
    const number = index + 1;
    const bad = (says: string, cure: string) =>
      new NanoclawError('config.invalid', `Line ${number} of ${path} ${says}.`, { cure });
    if (/^\s*(#|$)/.test(line)) continue;
    const [, name, rest = ''] = /^\s*(?:export\s+)?([A-Za-z_][A-Za-z0-9_]*)\s*=(.*)$/.exec(line) ?? [];
    if (name === undefined) throw bad('is not NAME=value', expected(line));
    const value = textOf(rest.trim(), bad);
    const before = values[name];
    if (before !== undefined && value !== '' && before !== value) {
      throw bad(`sets ${name} a second time; line ${lines[name]} sets it too`, 'Remove one of the two lines.');
    }
    if (value === '') continue;
    values[name] = value;
    lines[name] = number;
  }
  return { values, lines };
}

/** Quoted as a whole, or as it stands up to a blank and `#`. */
function textOf(text: string, bad: (says: string, cure: string) => NanoclawError): string {
  const quote = /^["'`]/.exec(text)?.[0];
  if (quote === undefined) return text.replace(/(^|\s+)#.*$/, '').trim();
  const end = text.indexOf(quote, 1);
  if (end < 0) throw bad('opens a quote and does not close it', 'Close it on the same line; values have one line.');
  if (!/^\s*(#.*)?$/.test(text.slice(end + 1))) {
    throw bad('goes on after the closing quote', 'Remove what stands there, or the quotes.');
  }
  return text.slice(1, end);
}

function expected(line: string): string {
  if (/^\s*(sk-ant-|xox|xapp-|\d{6,}:)/.test(line)) {
    return 'A token stands there without its name: write the name of its setting and = in front of it.';
  }
  if (/^\s*(?:export\s+)?[\w.-]+\s*:/.test(line)) return 'Write = between name and value, not a colon.';
  return 'Write NAME=value, or # in front of what is a note.';
}
