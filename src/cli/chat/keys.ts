import { createInterface, emitKeypressEvents } from 'node:readline';
import { PassThrough, type Readable } from 'node:stream';
import { StringDecoder } from 'node:string_decoder';
import { systemClock } from '../../lib/clock.ts';

/** What a person does at a keyboard. Names are `enter`, `ctrl-a`, `alt-left`, `escape` and the like. */
export type Key =
  | { readonly type: 'text'; readonly text: string }
  | { readonly type: 'paste'; readonly text: string }
  | { readonly type: 'key'; readonly name: string };

/** Asks the terminal to mark what is pasted, or no longer to. */
export const pasteMarks = { on: '\u001b[?2004h', off: '\u001b[?2004l' } as const;

// Half of an arrow key may come late over a slow line, and must not be taken for Esc, which stops an answer.
const escapeMs = 100;

/** As `node:readline` hands it over. */
interface Press {
  readonly name?: string | undefined;
  readonly ctrl?: boolean | undefined;
  readonly meta?: boolean | undefined;
  readonly sequence?: string | undefined;
}

/** Reads keys until disposed. A marked paste is one key, however many lines it has and however slowly it comes. */
export function readKeys(input: Readable, onKey: (key: Key) => void): Disposable {
  const typed = new PassThrough();
  // What reaches it is whole, so it need not wait for more.
  const pace = createInterface({ input: new PassThrough(), escapeCodeTimeout: 1 });
  emitKeypressEvents(typed, pace);
  const decoder = new StringDecoder('utf8');
  const sequences = new Sequences((text) => typed.write(text));
  const onData = (chunk: Buffer | string) => sequences.push(typeof chunk === 'string' ? chunk : decoder.write(chunk));
  let pasted: string | undefined;
  const onPress = (text: string | undefined, press: Press) => {
    if (press.name === 'paste-start') pasted = '';
    else if (pasted !== undefined && press.name !== 'paste-end' && press.sequence !== '\u0003') {
      pasted += text ?? press.sequence ?? '';
    } else if (pasted !== undefined) {
      const paste = cleanPaste(pasted);
      pasted = undefined;
      if (paste !== '') onKey({ type: 'paste', text: paste });
    } else {
      const key = keyOf(text, press);
      if (key) onKey(key);
    }
  };
  typed.on('keypress', onPress);
  input.on('data', onData);
  return {
    [Symbol.dispose]: () => {
      input.off('data', onData);
      sequences.end();
      pace.close();
    },
  };
}

const lineBreak = '\u001b[13;2u';

// biome-ignore-start lint/suspicious/noControlCharactersInRegex: they are what it is about
/** One that is whole: keys and reports (CSI), or what a terminal says of itself (OSC, DCS …). */
const whole = /^\x1b(?:\[[0-?]*[ -/]*[@-~]|[\]P_^X][^\x07\x1b]*(?:\x07|\x1b\\))/;
const begun = /^\x1b(?:O|\[[0-?]*[ -/]*|[\]P_^X][^\x07\x1b]*\x1b?)?$/;
/** What `node:readline` reads to its end. The rest of any other it would type. */
const readable = /^\x1b\[\[?\d{0,3}(?:;\d)?[A-Za-z~^$]$/;
const pasteEnds = /\x1b\[201~|\x03/;
const pasteEndBegun = /\x1b(?:\[(?:2(?:0(?:1)?)?)?)?$/;
/** A key by its number: as kitty's protocol writes it, and as xterm does. */
const byNumber =
  /^\x1b\[(?:(?<code>\d+)(?::[\d:]*)?(?:;(?<mods>\d+)(?::(?<event>\d))?)?(?:;[\d:]*)?u|27;(?<xmods>\d+);(?<xcode>\d+)~)$/;
// biome-ignore-end lint/suspicious/noControlCharactersInRegex: as above

/** Hands over what a terminal sends without what is no key, each sequence whole. */
class Sequences {
  readonly #hand: (text: string) => void;
  #held = '';
  #pasting = false;
  #timer: Disposable | undefined;

  constructor(hand: (text: string) => void) {
    this.#hand = hand;
  }

  push(text: string): void {
    this.#timer?.[Symbol.dispose]();
    let rest = this.#held + text;
    this.#held = '';
    let out = '';
    while (rest !== '') {
      const [taken, given] = this.#pasting ? this.#ofPaste(rest) : this.#next(rest);
      out += given;
      if (taken === 0) break;
      rest = rest.slice(taken);
    }
    this.#held = rest;
    if (out !== '') this.#hand(out);
    if (rest !== '') this.#timer = systemClock.after(escapeMs, () => this.#giveUp());
  }

  end(): void {
    this.#timer?.[Symbol.dispose]();
  }

  /** Nothing more has come: it was a key of its own. */
  #giveUp(): void {
    const held = this.#held;
    this.#held = '';
    this.#hand(held);
  }

  /** How much of it is done with, and what is handed over of that. Nothing: more is to come. */
  #next(text: string): [taken: number, given: string] {
    const at = text.indexOf('\u001b');
    if (at !== 0) return [at < 0 ? text.length : at, at < 0 ? text : text.slice(0, at)];
    const sequence = whole.exec(text)?.[0];
    if (sequence === undefined) return begun.test(text) ? [0, ''] : [1, '\u001b'];
    this.#pasting = sequence === '\u001b[200~';
    const numbered = byNumber.exec(sequence)?.groups;
    const given = numbered ? legacy(numbered) : readable.test(sequence) ? sequence : '';
    return [sequence.length, given];
  }

  #ofPaste(text: string): [taken: number, given: string] {
    const end = pasteEnds.exec(text);
    this.#pasting = end === null;
    const length = end ? end.index + end[0].length : (pasteEndBegun.exec(text)?.index ?? text.length);
    return [length, text.slice(0, length)];
  }
}

/** The same key as every terminal has always sent it; nothing for one that has no such form, or was let go. */
function legacy({ code, mods, event, xcode, xmods }: Partial<Record<string, string>>): string {
  const key = Number(code ?? xcode);
  const held = Number(mods ?? xmods ?? 1) - 1;
  const [shift, alt, ctrl] = [1, 2, 4].map((bit) => (held & bit) !== 0);
  if (event === '3') return '';
  if (key === 13) return shift || alt || ctrl ? lineBreak : '\r';
  // Kitty's numbers for keys that write nothing.
  if (key > 0x10ffff || (key >= 57_344 && key <= 63_743)) return '';
  const letter = String.fromCodePoint(key);
  const typed = ctrl
    ? /[a-z]/i.test(letter)
      ? String.fromCharCode(key & 31)
      : ''
    : shift
      ? letter.toUpperCase()
      : letter;
  return alt && typed !== '' ? `\u001b${typed}` : typed;
}

function keyOf(text: string | undefined, { name, ctrl, meta, sequence = '' }: Press): Key | undefined {
  if (sequence === lineBreak || sequence === '\u001bOM') return { type: 'key', name: 'alt-enter' };
  if (sequence === '\n') return { type: 'key', name: 'ctrl-j' };
  if (sequence === '\u001b\n') return { type: 'key', name: 'alt-enter' };
  if (text !== undefined && !ctrl && !meta && !/\p{Cc}/u.test(text)) return { type: 'text', text };
  if (name === undefined || name === 'undefined') {
    // Ctrl-_ has no name of its own.
    return sequence === '\u001f' ? { type: 'key', name: 'ctrl-_' } : undefined;
  }
  const plain = name === 'return' ? 'enter' : name;
  const alone = plain === 'escape';
  return { type: 'key', name: `${ctrl ? 'ctrl-' : ''}${meta && !alone ? 'alt-' : ''}${plain}` };
}

function cleanPaste(text: string): string {
  return text.replace(/\r\n?/g, '\n').replace(/(?![\t\n])\p{Cc}/gu, '');
}
