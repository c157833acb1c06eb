import { PassThrough } from 'node:stream';
import { expect, onTestFinished, test } from 'vitest';
import { eventually } from '../../../test/eventually.ts';
import { readKeys } from './keys.ts';

const esc = '\u001b';

/** What is heard of these chunks, each by itself: words as they are, keys and pastes in brackets. */
async function heard(...chunks: readonly string[]): Promise<string> {
  const input = new PassThrough();
  let all = '';
  const keys = readKeys(input, (key) => {
    all += key.type === 'key' ? `[${key.name}]` : key.type === 'paste' ? `[paste ${key.text}]` : key.text;
  });
  onTestFinished(() => keys[Symbol.dispose]());
  for (const chunk of [...chunks, 'END']) {
    input.write(chunk);
    await new Promise((resolve) => setImmediate(resolve));
  }
  await eventually('all of it', () => all.endsWith('END'));
  return all.slice(0, -'END'.length);
}

test.each([
  ['a paste and a key right behind it', `${esc}[200~녕${esc}[201~ `, '[paste 녕] '],
  ['a key that only some keyboards have', `a${esc}[57358ub`, 'ab'],
  ['the same, let go', `a${esc}[97;1:3u`, 'a'],
  ['Shift-Enter, by either name', `${esc}[13;2u${esc}[27;2;13~`, '[alt-enter][alt-enter]'],
  ['Ctrl-C, by either name', `${esc}[99;5u${esc}[27;5;99~`, '[ctrl-c][ctrl-c]'],
  ['Esc and Tab by number', `${esc}[9u`, '[tab]'],
  ['letters by number', `${esc}[97;1u${esc}[65;2u${esc}[1092u`, 'aAф'],
  ['Backspace by number', `${esc}[127u`, '[backspace]'],
  ['an arrow with a lock', `${esc}[1;129D`, ''],
  ['arrows', `${esc}[D${esc}OC${esc}[1;5D`, '[left][right][ctrl-left]'],
  [
    'a colour that some program asked for',
    `a${esc}]11;rgb:0000/0000/0000${esc}\\b${esc}]10;rgb:ffff/ffff/ffff\u0007`,
    'ab',
  ],
  ['what the terminal says of itself', `${esc}[?62;22ca${esc}P1+r${esc}\\${esc}[24;80R`, 'a'],
  ['a mouse', `${esc}[<0;10;12M${esc}[<0;10;12m`, ''],
  ['focus', `${esc}[I${esc}[O`, ''],
  ['colours within a paste', `${esc}[200~a${esc}]b${esc}[31mc${esc}[201~d`, '[paste a]b[31mc]d'],
])('of what terminals send nothing is typed that nobody has typed: %s', async (_what, sent, said) => {
  expect(await heard(sent)).toBe(said);
});

test('a sequence that comes in two pieces is one', async () => {
  expect(
    await heard(`a${esc}`, '[57', '358u', `b${esc}[200~c${esc}[2`, `01~d${esc}]11;rgb:0`, `000${esc}`, '\\e'),
  ).toBe('ab[paste c]de');
});

test('Esc alone is Esc, and Alt with a letter is not the begin of something', async () => {
  const input = new PassThrough();
  const all: string[] = [];
  using _keys = readKeys(input, (key) => void (key.type === 'key' && all.push(key.name)));
  for (const [sent, name] of [
    [esc, 'escape'],
    [`${esc}p`, 'alt-p'],
    [`${esc}P`, 'alt-p'],
    [`${esc}b`, 'alt-b'],
  ] as const) {
    input.write(sent);
    await eventually(name, () => all.splice(0).includes(name));
  }
});
