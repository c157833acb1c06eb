// What one person says in several messages, by the rules of the apps people write with. Pure.
import type { InboundMessage } from '../../model/message.ts';
import type { Told } from './platform.ts';

export type Said = Extract<Told, { type: 'message' }>;

/**
 * The desktop apps cut a long text at the last break in the second half of what one message holds (4096); what is shorter
 * was sent as it is.
 */
const cutLength = 2_048;
/** Somebody who shows one of these has not yet said what they want with it. */
const shown = new Set(['photo', 'video', 'audio', 'document']);

/** Whose act it may be: what somebody else says in between belongs to nobody's. */
export function speakerOf({ message }: Said): string {
  return `${message.jid}\n${message.thread ?? ''}\n${message.senderId}`;
}

/** More of the same act may follow this message. Nothing waits where this is false. */
export function mayGoOn(said: Said): boolean {
  if (said.message.kind !== 'message') return false;
  return said.piece?.album !== undefined || said.piece?.forwarded === true || isCut(said) || isWordless(said.message);
}

/** `next` goes on with the act that `before` is the last message of. Both are of one speaker. */
export function goesOn(before: Said, next: Said): boolean {
  if (before.message.kind !== 'message' || next.message.kind !== 'message') return false;
  if (before.piece?.album !== undefined && before.piece.album === next.piece?.album) return true;
  // A comment comes just before what it is about.
  if (next.piece?.forwarded) return before.piece?.forwarded === true || isRemark(before.message);
  if (next.message.replyTo && next.message.replyTo.id !== before.message.platformId) return false;
  if (before.piece?.forwarded || isWordless(before.message)) return isRemark(next.message) || isWordless(next.message);
  return isCut(before) && isRemark(next.message);
}

function isText({ text, attachments = [] }: InboundMessage): boolean {
  return text !== '' && attachments.length === 0;
}

/** A command stands for itself. */
function isRemark(message: InboundMessage): boolean {
  return isText(message) && !message.text.startsWith('/');
}

function isCut({ message, piece }: Said): boolean {
  return !piece?.forwarded && isText(message) && message.text.length >= cutLength;
}

function isWordless({ text, attachments = [] }: InboundMessage): boolean {
  return text === '' && attachments.length > 0 && attachments.every(({ kind }) => shown.has(kind));
}
