import { extensionOfMime } from '../lib/mime.ts';

/** Of a name made by us; file systems stop at 255. */
const maxBytes = 100;

/**
 * A name for a file that somebody else named: letters, digits, `.`, `-` and `_` of any script, so that it is one component
 * of a path and one word of a shell. The extension is kept, or made from the type; `otherwise` is for what has no name.
 */
export function safeFileName(name: string | undefined, about: { mime: string | undefined; otherwise: string }): string {
  const words = clean(name ?? '');
  const [, stem = '', dotted = ''] = /^(.*?)(\.[A-Za-z0-9]{1,10})?$/.exec(words) ?? [];
  const known = about.mime === undefined ? undefined : extensionOfMime(about.mime);
  const extension = dotted !== '' ? dotted : known === undefined ? '' : `.${known}`;
  return `${cut(stem === '' ? about.otherwise : stem, maxBytes - extension.length)}${extension}`;
}

/** As people see it: a name is one line of text without surprises, and no path. */
export function shownFileName(name: string): string {
  return name.toWellFormed().replace(/[\p{C}\p{Zl}\p{Zp}/\\"]/gu, '_');
}

function clean(name: string): string {
  return name
    .toWellFormed()
    .normalize('NFC')
    .replace(/[^\p{L}\p{M}\p{N}._-]+/gu, '_')
    .replace(/^[._-]+/, '');
}

/** Whole code points only. */
function cut(text: string, bytes: number): string {
  let kept = '';
  let size = 0;
  for (const point of text) {
    size += Buffer.byteLength(point);
    if (size > bytes) break;
    kept += point;
  }
  return kept;
}
