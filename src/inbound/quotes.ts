// What a message points at: the words and the files of the one that it answers, from the store where the platform gives none.
import type { InboundMessage, IncomingAttachment, Quote } from '../model/message.ts';
import type { Store } from '../store/store.ts';

/** Enough to know again what was meant; the agent finds the rest under its name. */
const quotedUnits = 4_000;

/** A file of the message that is answered; `path` where it lies in the group's folder already. */
export interface QuotedFile extends IncomingAttachment {
  readonly path?: string | undefined;
}

/** The message with the words of the one that it answers, as they stand now. */
export function withQuotedWords(store: Store, message: InboundMessage): InboundMessage {
  const { replyTo, jid } = message;
  if (!replyTo || replyTo.text !== undefined) return message;
  const words = wordsOf(store, jid, replyTo.id);
  if (!words) return message;
  const text = words.text.length > quotedUnits ? `${words.text.slice(0, quotedUnits).toWellFormed()}…` : words.text;
  return { ...message, replyTo: { ...replyTo, sender: replyTo.sender ?? words.sender, text } };
}

/** True when it answers something that we said. */
export function answersUs(store: Store, { jid, kind, replyTo }: InboundMessage): boolean {
  return kind === 'message' && replyTo !== undefined && store.said.ofPlatformId(jid, replyTo.id) !== undefined;
}

function wordsOf(store: Store, jid: string, id: string): { sender: string | undefined; text: string } | undefined {
  const ours = store.said.ofPlatformId(jid, id);
  const known = store.messages.wordsNow(jid, id);
  if (!ours) return known && { sender: known.name, text: known.text };
  const file = ours.file ? `[file ${ours.file.name}] ` : '';
  return { sender: known?.name, text: `${file}${store.said.textNow(ours)}`.trim() };
}

/**
 * The files of the message that is answered. Those which the host has fetched before are in the group's folder (`has` looks);
 * the others are fetched again, by whatever the platform, or that message as it was stored, called them.
 */
export function quotedFiles(
  store: Store,
  { jid, replyTo }: { jid: string; replyTo: Quote | undefined },
  here: { group: string; has: (path: string) => boolean },
): QuotedFile[] {
  if (!replyTo) return [];
  const seq = store.messages.find(jid, replyTo.id)?.seq;
  const stored = seq === undefined ? [] : store.attachments.ofMessage(seq).filter((file) => !file.quoted);
  const ours = seq !== undefined && store.inbox.ofMessage(seq)?.group_folder === here.group;
  const given = replyTo.attachments ?? stored;
  return given.map((file, index) => {
    const known =
      stored.find((one) => one.ref === file.ref) ?? (stored.length === given.length ? stored[index] : undefined);
    const lies = ours && known?.state === 'ready' && here.has(known.path);
    return { ...file, size: known?.size ?? file.size, path: lies ? known.path : undefined };
  });
}
