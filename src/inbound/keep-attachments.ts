import { type IncomingAttachment, messageName } from '../model/message.ts';
import type { Store } from '../store/store.ts';
import { safeFileName } from '../text/file-name.ts';

/** How long a message waits for its files. They come within a second or two; a person waits no longer than this. */
const holdMs = 60_000;

/** Whoever is not trusted to wake a group puts nothing into its folder either. */
const notFetched = 'It was not fetched: who sent it may only be overheard.';

/**
 * Stores what came with a message, to be fetched; until when the message waits for it, if anything came. Where each file
 * will be is decided here, so that an agent that is woken without it knows where to look. Joins the caller's transaction.
 */
export function keepAttachments(
  store: Store,
  files: readonly IncomingAttachment[] | undefined,
  message: { seq: number; now: number; overheard?: boolean },
): number | undefined {
  if (!files || files.length === 0) return undefined;
  for (const [index, file] of files.entries()) {
    const name = safeFileName(file.name, { mime: file.mime, otherwise: file.kind });
    // No file of a message can have the name of another, whatever they are called.
    const of = index === 0 ? messageName(message.seq) : `${messageName(message.seq)}.${index + 1}`;
    const id = store.attachments.add(message.seq, { ...file, path: `attachments/${of}-${name}` });
    if (message.overheard) store.attachments.failed(id, notFetched);
  }
  if (message.overheard) return undefined;
  return message.now + holdMs;
}
