/** What a person is to us, from ids known to the host, never from names. */
export type Role = 'owner' | 'member' | 'unknown';

export const messageKinds = ['message', 'edit', 'reaction', 'click'] as const;
export type MessageKind = (typeof messageKinds)[number];

export const attachmentKinds = ['photo', 'voice', 'audio', 'video', 'document', 'sticker'] as const;
export type AttachmentKind = (typeof attachmentKinds)[number];

/** A file that came with a message, not yet fetched. */
export interface IncomingAttachment {
  readonly kind: AttachmentKind;
  readonly name: string | undefined;
  readonly mime: string | undefined;
  /** Bytes by the platform's word. */
  readonly size: number | undefined;
  /** What the channel's `fetch` takes. */
  readonly ref: string;
}

export interface Quote {
  readonly id: string;
  readonly sender: string | undefined;
  readonly text: string | undefined;
  /** Files of that message, where the platform shows them with the reply. */
  readonly attachments?: readonly IncomingAttachment[];
}

/** A file that came with a stored message. */
export interface Attachment extends Omit<IncomingAttachment, 'ref'> {
  readonly state: 'pending' | 'ready' | 'failed';
  /** Where it is, or will be when it is there: inside the group's folder. */
  readonly path: string;
  /** Why it is not there, in a sentence. */
  readonly error: string | undefined;
  /** It belongs to the message that this one answers. */
  readonly quoted?: boolean;
}

/** A message as a channel hands it over: one thing said in a chat, already free of platform shapes. */
export interface InboundMessage {
  readonly jid: string;
  /** The platform's own id, unique within the chat and kind; for an edit, that of the message it changes. */
  readonly platformId: string;
  readonly kind: MessageKind;
  /** 0 for the first text; the platform's edit stamp for an edit. */
  readonly revision: number;
  readonly thread: string | undefined;
  readonly senderId: string;
  readonly senderName: string;
  /** Said in the name of a chat (an anonymous administrator, a channel): nobody knows which person it was. */
  readonly senderIsChat?: boolean;
  /** Said by a machine: another bot, or something that the platform posts by itself. */
  readonly senderIsBot?: boolean;
  readonly text: string;
  /** Milliseconds since the epoch, by the platform's clock; never used to order. */
  readonly sentAt: number;
  /** The platform itself says that our assistant is meant (a mention, a reply to it). */
  readonly mentionsAssistant: boolean;
  /** Said by the person who runs this host (the terminal, our own account). */
  readonly fromOwner: boolean;
  readonly replyTo: Quote | undefined;
  readonly attachments?: readonly IncomingAttachment[];
}

/** A stored message, either direction. */
export interface Message {
  /** Rowid: the order in which we learnt of it. */
  readonly seq: number;
  readonly jid: string;
  readonly direction: 'in' | 'out';
  readonly kind: MessageKind;
  readonly platformId: string;
  readonly thread: string | undefined;
  readonly senderId: string;
  readonly senderName: string;
  readonly role: Role;
  readonly text: string;
  readonly sentAt: number;
  readonly replyTo: Quote | undefined;
  /** For an edit: the number of the message it changes, where we have that one. */
  readonly original?: number | undefined;
  /** Set when a schedule wrote it: the run, of which the store knows the rest. */
  readonly taskRun?: number | undefined;
}

/** Somebody passes on what was said elsewhere: channels begin such a text with `[forwarded from NAME]`. */
export function isForwarded({ text }: Pick<InboundMessage, 'text'>): boolean {
  return text.startsWith('[forwarded from ');
}

/** Written by the host to wake a group (a schedule, a question's end): it stands on no platform. */
export function isOfTheHost({ senderId }: Pick<Message, 'senderId'>): boolean {
  return /^(task|question):/.test(senderId);
}

/** How messages are named to people and agents. */
export function messageName(seq: number): string {
  return `m${seq}`;
}

export function seqOfName(name: string): number | undefined {
  const match = /^m(\d{1,15})$/.exec(name);
  return match?.[1] === undefined ? undefined : Number(match[1]);
}

/** How what we say is named to agents, from the moment it is stored: one outbox row, one message on the platform. */
export function outboxName(id: number): string {
  return `o${id}`;
}

export function idOfOutboxName(name: string): number | undefined {
  const match = /^o(\d{1,15})$/.exec(name);
  return match?.[1] === undefined ? undefined : Number(match[1]);
}

/** How questions to people are named to agents. */
export function questionName(id: number): string {
  return `q${id}`;
}
