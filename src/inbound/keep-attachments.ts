import { type IncomingAttachment, messageName } from '../model/message.ts';
import type { Store } from '../store/store.ts';
import { safeFileName } from '../text/file-name.ts';
import type { QuotedFile } from './quotes.ts';

/** How long a message waits for its files. They come within a second or two; a person waits no longer than this. */
const holdMs = 60_000;

/** Whoever is not trusted to wake a group puts nothing into its folder either. */
const notFetched = 'It was not fetched: who sent it may only be overheard.';

interface Came {
  readonly files: readonly IncomingAttachment[];
  /** Of the message that it answers: whoever asks about a file has it fetched, whoever sent that one. */
  readonly quoted: readonly QuotedFile[];
}

/**
 * Stores what came with a message, to be fetched; until when the message waits for it, if anything came. Where each file
 * will be is decided here, so that an agent that is woken without it knows where to look. Joins the caller's transaction.
 */
export function keepAttachments(
  store: Store,
  { files, quoted }: Came,
  message: { seq: number; now: number; overheard?: boolean },
): number | undefined {
  let waits = false;
  const all: readonly QuotedFile[] = [...files, ...(message.overheard ? [] : quoted)];
  for (const [index, file] of all.entries()) {
    const ofQuote = index >= files.length;
    const { path: lies } = file;
    const id = store.attachments.add(message.seq, {
      ...file,
      path: lies ?? pathOf(message.seq, { file, index }),
      quoted: ofQuote,
    });
    if (lies !== undefined) store.attachments.ready(id, file.size ?? 0);
    else if (message.overheard) store.attachments.failed(id, notFetched);
    else waits = true;
  }
  return waits ? message.now + holdMs : undefined;
}

// No file of a message can have the name of another, whatever they are called.
function pathOf(seq: number, { file, index }: { file: IncomingAttachment; index: number }): string {
  const name = safeFileName(file.name, { mime: file.mime, otherwise: file.kind });
  const of = index === 0 ? messageName(seq) : `${messageName(seq)}.${index + 1}`;
  return `attachments/${of}-${name}`;
}
