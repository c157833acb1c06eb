// What a Telegram message says, in words and files. Pure.
import type { ExternalReplyInfo, Message, MessageOrigin, User } from 'grammy/types';
import type { IncomingAttachment } from '../../model/message.ts';

export interface Content {
  readonly text: string;
  readonly attachments: readonly IncomingAttachment[];
}

/** Undefined for what nobody said: service messages. */
export function contentOf(message: Message): Content | undefined {
  const attachments = attachmentsOf(message);
  const words = wordsOf(message);
  if (words === undefined && attachments.length === 0) return undefined;
  const from = message.forward_origin && `[forwarded from ${originName(message.forward_origin)}]`;
  return { text: [from, words].filter(Boolean).join('\n'), attachments };
}

export function nameOf(user: Pick<User, 'id' | 'first_name' | 'last_name' | 'username'>): string {
  const name = [user.first_name, user.last_name].filter(Boolean).join(' ').trim();
  return name || user.username || String(user.id);
}

export function originName(origin: MessageOrigin): string {
  switch (origin.type) {
    case 'user':
      return nameOf(origin.sender_user);
    case 'hidden_user':
      return origin.sender_user_name;
    case 'chat':
      return origin.sender_chat.title ?? 'a group';
    case 'channel':
      return origin.chat.title;
  }
}

export function attachmentsOf(message: Message | ExternalReplyInfo): IncomingAttachment[] {
  const { live_photo: live, voice, audio, video, video_note: note, animation, document, sticker } = message;
  const photo = message.photo ?? live?.photo;
  const [largest] = photo?.toSorted((one, other) => other.width * other.height - one.width * one.height) ?? [];
  if (largest) return [attachment('photo', largest, 'image/jpeg')];
  if (live) return [attachment('video', live, 'video/mp4')];
  if (voice) return [attachment('voice', voice, 'audio/ogg')];
  if (audio) return [attachment('audio', audio)];
  if (video) return [attachment('video', video)];
  if (note) return [attachment('video', note, 'video/mp4')];
  // An animation is shown a second time as a document.
  if (animation) return [attachment('video', animation, 'video/mp4')];
  if (document) return [attachment('document', document)];
  if (!sticker) return [];
  const mime = sticker.is_video ? 'video/webm' : sticker.is_animated ? 'application/x-tgsticker' : 'image/webp';
  return [attachment('sticker', sticker, mime)];
}

interface FileShape {
  readonly file_id: string;
  readonly file_size?: number;
  readonly file_name?: string;
  readonly mime_type?: string;
}

function attachment(kind: IncomingAttachment['kind'], file: FileShape, mime?: string): IncomingAttachment {
  return {
    kind,
    name: file.file_name,
    mime: file.mime_type ?? mime,
    size: file.file_size,
    ref: `${file.file_id} ${file.file_size ?? ''}`.trim(),
  };
}

function wordsOf(message: Message): string | undefined {
  const { text, caption, rich_message: rich, sticker, contact, venue, location, poll, dice, checklist } = message;
  const said = text ?? caption ?? (rich && plainOf(rich.blocks));
  if (said !== undefined) return said;
  if (sticker) return sticker.emoji ? `[sticker ${sticker.emoji}]` : '[sticker]';
  if (contact) return `[contact: ${nameOf({ ...contact, id: contact.user_id ?? 0 })}, ${contact.phone_number}]`;
  if (venue) return `[place: ${venue.title}, ${venue.address} (${coordinates(venue.location)})]`;
  if (location) return `[location: ${coordinates(location)}]`;
  if (poll) return `[poll: ${poll.question} ${poll.options.map((option) => `· ${option.text}`).join(' ')}]`;
  if (dice) return `[${dice.emoji} ${dice.value}]`;
  if (checklist) return `[checklist: ${checklist.title} ${checklist.tasks.map((task) => `· ${task.text}`).join(' ')}]`;
  if (message.paid_media) return `[paid media, ${message.paid_media.star_count} stars]`;
  if (message.story) return '[story]';
  if (message.game) return `[game: ${message.game.title}]`;
  return undefined;
}

function coordinates({ latitude, longitude }: { latitude: number; longitude: number }): string {
  return `${latitude}, ${longitude}`;
}

/** The words of a rich message, a line for each block; whatever Telegram adds to its shapes later is passed through. */
function plainOf(blocks: unknown): string {
  return lines(blocks)
    .replace(/\n{3,}/g, '\n\n')
    .trim();
}

const ownLine = /^(paragraph|heading|pre|footer|blockquote|pullquote|mathematical_expression)$/;
const inside = ['summary', 'text', 'expression', 'alternative_text', 'blocks', 'items', 'cells', 'caption'];

function lines(value: unknown): string {
  if (typeof value === 'string') return value;
  if (Array.isArray(value)) return value.map(lines).join('');
  if (typeof value !== 'object' || value === null) return '';
  const fields = new Map<string, unknown>(Object.entries(value));
  const cells = fields.get('cells');
  if (Array.isArray(cells)) return cells.map((row) => `${rowOf(row)}\n`).join('');
  const label = lines(fields.get('label'));
  const text = (label && `${label} `) + inside.map((name) => lines(fields.get(name))).join('');
  return ownLine.test(String(fields.get('type'))) ? `${text}\n` : text;
}

function rowOf(row: unknown): string {
  return Array.isArray(row) ? row.map(lines).join(' | ') : '';
}
