// One update of Telegram's, in our words. Pure.
import type { CallbackQuery, Chat, ChatMember, Message, MessageReactionUpdated, Update, User } from 'grammy/types';
import type { InboundMessage, Quote } from '../../model/message.ts';
import type { SeenChat } from '../channel.ts';
import type { Told } from '../kit/platform.ts';
import { attachmentsOf, contentOf, nameOf, originName } from './content.ts';

/** What we ask for. Not channel_post: nobody in a channel speaks to us. */
export const allowedUpdates = [
  'message',
  'edited_message',
  'callback_query',
  'message_reaction',
  'my_chat_member',
] as const;

/** Ourselves, as `getMe` says it. */
export interface Me {
  readonly id: number;
  readonly username: string;
  readonly first_name: string;
}

interface Ears {
  readonly me: Me;
  /** For updates that bear no time of their own. */
  readonly now: number;
}

/** Undefined for what is nothing to us. */
export function hear(update: Update, ears: Ears): Told | undefined {
  const { message, edited_message: edited, callback_query: click, message_reaction: reaction } = update;
  if (message) return hearMessage(message, ears.me);
  if (edited) return hearEdit(edited, ears.me, update.update_id);
  if (click) return hearClick(click, ears);
  if (reaction) return hearReaction(reaction, update.update_id);
  if (update.my_chat_member) {
    const { chat, from, old_chat_member: before, new_chat_member: after } = update.my_chat_member;
    const open = isIn(after);
    const added = open && !isIn(before) && chat.type !== 'private' ? { addedBy: String(from.id) } : {};
    return chat.type === 'channel' ? undefined : { type: 'standing', chat: { ...seen(chat), ...added }, open };
  }
  return undefined;
}

export function jidOf(chatId: number): string {
  return `tg:${chatId}`;
}

function hearMessage(message: Message, me: Me): Told | undefined {
  const { chat, migrate_to_chat_id: to, migrate_from_chat_id: from, media_group_id: album } = message;
  // Said in both chats; either may be heard first, or alone.
  if (to !== undefined) return { type: 'moved', from: jidOf(chat.id), chat: { ...seen(chat), jid: jidOf(to) } };
  if (from !== undefined) return { type: 'moved', from: jidOf(from), chat: seen(chat) };
  const said = sayingOf(message, me);
  if (!said) return undefined;
  const piece = { album, forwarded: message.forward_origin !== undefined };
  return { type: 'message', chat: seen(chat), message: { ...said, kind: 'message', revision: 0 }, piece };
}

// Telegram counts edits in whole seconds. Two in one second must not be taken for one, and an update that comes again
// must be known again: its number is the same then.
function revisionOf(seconds: number, updateId: number): number {
  return seconds * 1000 + (updateId % 1000);
}

function hearEdit(message: Message, me: Me, updateId: number): Told | undefined {
  // A live location is "edited" every few seconds.
  const said = message.location ? undefined : sayingOf(message, me);
  if (!said) return undefined;
  const at = message.edit_date ?? message.date;
  // Its files were handed over with the first text.
  const { attachments: _, ...words } = said;
  const revision = revisionOf(at, updateId);
  return {
    type: 'message',
    chat: seen(message.chat),
    message: { ...words, kind: 'edit', revision, sentAt: at * 1000 },
  };
}

function hearClick(click: CallbackQuery, { me, now }: Ears): Told | undefined {
  const { message, data } = click;
  if (!message || data === undefined) return undefined;
  return {
    type: 'message',
    chat: seen(message.chat),
    message: {
      jid: jidOf(message.chat.id),
      platformId: click.id,
      kind: 'click',
      revision: 0,
      thread: threadOf(message),
      ...senderOf({ from: click.from }),
      text: data,
      sentAt: now,
      mentionsAssistant: true,
      fromOwner: false,
      replyTo: { id: String(message.message_id), sender: me.first_name, text: contentOf(message)?.text },
    },
  };
}

// Whose message it is Telegram does not say: the host knows what it has sent.
function hearReaction(reaction: MessageReactionUpdated, updateId: number): Told | undefined {
  const { chat, user, actor_chat: actor, message_id: id, date } = reaction;
  const before = new Set(reaction.old_reaction.map(emojiOf));
  const added = reaction.new_reaction.map(emojiOf).filter((emoji) => !before.has(emoji));
  // Taken back: there is nothing to answer to.
  if (added.length === 0) return undefined;
  const sender = senderOf({ from: user, sender_chat: actor });
  return {
    type: 'message',
    chat: seen(chat),
    message: {
      jid: jidOf(chat.id),
      platformId: `${id}/${sender.senderId}`,
      kind: 'reaction',
      revision: revisionOf(date, updateId),
      thread: undefined,
      ...sender,
      text: added.join(''),
      sentAt: date * 1000,
      mentionsAssistant: false,
      fromOwner: false,
      replyTo: { id: String(id), sender: undefined, text: undefined },
    },
  };
}

function sayingOf(message: Message, me: Me): Omit<InboundMessage, 'kind' | 'revision'> | undefined {
  const content = message.chat.type === 'channel' ? undefined : contentOf(message);
  if (!content) return undefined;
  return {
    jid: jidOf(message.chat.id),
    platformId: String(message.message_id),
    thread: threadOf(message),
    ...senderOf(message),
    text: content.text,
    sentAt: message.date * 1000,
    mentionsAssistant: means(message, me),
    fromOwner: false,
    replyTo: quoteOf(message),
    ...(content.attachments.length > 0 ? { attachments: content.attachments } : {}),
  };
}

type Speaker = Pick<Message, 'author_signature' | 'is_automatic_forward'> & {
  from?: User | undefined;
  sender_chat?: Chat | undefined;
};

/** An anonymous administrator speaks as the group, a channel as itself; Telegram shows both as bots, which they are not. */
function senderOf({ from, sender_chat: chat, author_signature: signature, is_automatic_forward: automatic }: Speaker) {
  if (chat) {
    const sender = { senderId: String(chat.id), senderName: signature ?? titleOf(chat), senderIsChat: true };
    return automatic ? { ...sender, senderIsBot: true } : sender;
  }
  const sender = { senderId: String(from?.id ?? 0), senderName: from ? nameOf(from) : 'somebody' };
  return from?.is_bot ? { ...sender, senderIsBot: true } : sender;
}

/** Only a topic's: other threads are just replies. */
function threadOf(message: Pick<Message, 'is_topic_message' | 'message_thread_id'>): string | undefined {
  const { is_topic_message: inTopic, message_thread_id: thread } = message;
  return inTopic && thread !== undefined ? String(thread) : undefined;
}

/** What is answered. The first message of a topic is named by every message in it, and means nothing. */
function repliedBy(message: Message): Message['reply_to_message'] {
  const replied = message.reply_to_message;
  return replied?.forum_topic_created ? undefined : replied;
}

/** What the message is about, with its files: here, or in another chat. */
function quoteOf(message: Message): Quote | undefined {
  const replied = repliedBy(message);
  const { external_reply: elsewhere, quote } = message;
  if (replied) {
    const content = contentOf(replied);
    const { senderName: sender } = senderOf(replied);
    return withFiles(
      { id: String(replied.message_id), sender, text: quote?.text ?? content?.text },
      content?.attachments,
    );
  }
  if (!elsewhere) return undefined;
  const id = `${elsewhere.chat?.id ?? 'elsewhere'}/${elsewhere.message_id ?? message.message_id}`;
  const sender = `${originName(elsewhere.origin)}, in another chat`;
  return withFiles({ id, sender, text: quote?.text }, attachmentsOf(elsewhere));
}

function withFiles(quote: Quote, attachments: Quote['attachments'] = []): Quote {
  return attachments.length > 0 ? { ...quote, attachments } : quote;
}

/** A mention, a command for us, or an answer to us; what was forwarded means us no more than whoever wrote it did. */
function means(message: Message, me: Me): boolean {
  if (repliedBy(message)?.from?.id === me.id) return true;
  if (message.forward_origin) return false;
  if (namesUs(message.rich_message?.blocks, me)) return true;
  const text = message.text ?? message.caption ?? '';
  const at = `@${me.username}`.toLowerCase();
  return (message.entities ?? message.caption_entities ?? []).some((entity) => {
    const said = text.slice(entity.offset, entity.offset + entity.length).toLowerCase();
    switch (entity.type) {
      case 'mention':
        return said === at;
      case 'bot_command':
        return said.endsWith(at);
      case 'text_mention':
        return entity.user.id === me.id;
      case 'text_link':
        return isLinkTo(me, entity.url);
      default:
        return false;
    }
  });
}

/** Whether something in a rich message, which has no entities, names us. Whatever Telegram adds to its shapes is looked through. */
function namesUs(value: unknown, me: Me): boolean {
  if (Array.isArray(value)) return value.some((one) => namesUs(one, me));
  if (typeof value !== 'object' || value === null) return false;
  const fields = new Map<string, unknown>(Object.entries(value));
  const field = (name: string) => String(fields.get(name) ?? '').toLowerCase();
  const name = me.username.toLowerCase();
  const user = fields.get('user');
  switch (fields.get('type')) {
    case 'mention':
      return field('username').replace(/^@/, '') === name;
    case 'text_mention':
      return typeof user === 'object' && user !== null && 'id' in user && user.id === me.id;
    case 'bot_command':
      return [field('bot_command'), field('text')].some((said) => said.endsWith(`@${name}`));
    case 'url':
      return isLinkTo(me, field('url'));
    default:
      return [...fields.values()].some((one) => namesUs(one, me));
  }
}

/** Some apps make such a link of a name that is tapped. */
function isLinkTo(me: Me, url: string): boolean {
  return /^tg:\/\/user\/?\?id=(\d+)$/i.exec(url)?.[1] === String(me.id);
}

/** A chat by the name it has now. */
export function seen(chat: Chat): SeenChat {
  return { jid: jidOf(chat.id), name: titleOf(chat), isGroup: chat.type !== 'private' };
}

function titleOf(chat: Chat): string {
  return chat.type === 'private' ? nameOf(chat) : chat.title || String(chat.id);
}

function isIn(member: ChatMember): boolean {
  if (member.status === 'restricted') return member.is_member && member.can_send_messages;
  return ['creator', 'administrator', 'member'].includes(member.status);
}

function emojiOf(reaction: MessageReactionUpdated['new_reaction'][number]): string {
  if (reaction.type === 'emoji') return reaction.emoji;
  return reaction.type === 'paid' ? '⭐' : '[custom emoji]';
}
