import { createInterface, emitKeypressEvents } from 'node:readline';
import { PassThrough, type Readable } from 'node:stream';

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
  const pace = createInterface({ input: new PassThrough(), escapeCodeTimeout: escapeMs });
  emitKeypressEvents(input, pace);
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
  input.on('keypress', onPress);
  return {
    [Symbol.dispose]: () => {
      input.off('keypress', onPress);
      pace.close();
    },
  };
}

/** Sequences that terminals send for Enter with Shift or Alt where they were told to. */
const lineBreaks = new Set(['\u001b[13;2u', '\u001b[13;3u', '\u001b[27;2;13~', '\u001bOM']);

function keyOf(text: string | undefined, { name, ctrl, meta, sequence = '' }: Press): Key | undefined {
  if (lineBreaks.has(sequence)) return { type: 'key', name: 'alt-enter' };
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
