import { countWrong, mayPair, pairOwner } from '../acts/pair-owner.ts';
import { wireChat } from '../acts/wire-chat.ts';
import type { InboundMessage } from '../model/message.ts';
import type { CommandCall, CommandParts } from './command.ts';

/** Everybody who knows the assistant's name can write this: where no code of theirs can be right, it is not heard. */
export function heedsPairing({ desk }: CommandParts, { message, channel }: Pick<CommandCall, 'message' | 'channel'>) {
  return message.fromOwner || mayPair(desk, { channel, senderId: message.senderId });
}

/** A chat may be opened again and again: within this time it is greeted once. */
const greetAgainMs = 600_000;

/**
 * With a code as `/pair`. Without one it is said by whoever opens the chat: heard where a group has it, and of a stranger
 * as long as that may be the one who is to be an owner, or nobody is.
 */
export function heedsStart(parts: CommandParts, call: Pick<CommandCall, 'message' | 'channel' | 'argument'>): boolean {
  const { store, clock } = parts.desk;
  const { message, argument, channel } = call;
  if (message.fromOwner) return true;
  const chat = store.chats.get(message.jid);
  if (chat?.group !== undefined && argument === '') return true;
  const open = (store.pairings.get(channel)?.expiresAt ?? 0) > clock.now();
  if (argument !== '' && open) return heedsPairing(parts, call);
  if (store.owners.any() && !(open && mayPair(parts.desk, { channel, senderId: message.senderId }))) return false;
  return clock.now() - (chat?.lastMessageAt ?? 0) > greetAgainMs;
}

/** `/start`, which platforms send for whoever opens the chat; `/start CODE` where a link held the code. */
export function startInChat(parts: CommandParts, call: CommandCall): string {
  const { message, channel, argument, group } = call;
  const { store } = parts.desk;
  if (message.fromOwner || (group && argument === '')) {
    return '👋 Hello! Write to me as to anybody; /help shows what I answer at once.';
  }
  if (argument !== '' && store.pairings.get(channel)) return pairInChat(parts, call);
  const how = store.pairings.get(channel)
    ? 'send me `/pair CODE` with the code that your computer shows'
    : `make a code with \`./nanoclaw pair ${channel}\` on that computer and send me \`/pair CODE\``;
  return `👋 Hello! I answer only those whom I know. If I run on your computer, ${how}.`;
}

/** `/pair CODE`: the sender of the right code becomes an owner, and the chat is wired to main unless a group has it. */
export function pairInChat({ desk }: CommandParts, call: CommandCall): string {
  const { channel, message, argument } = call;
  if (message.fromOwner) return 'You are an owner here already: this is your own machine, or your own account.';
  const { senderId, senderName: name } = message;
  if (message.senderIsChat) {
    countWrong(desk, { channel, senderId });
    return nameless;
  }
  switch (pairOwner(desk, { channel, senderId, name, code: argument })) {
    case 'refused':
      return refusal(channel);
    case 'expired':
      return `That code has expired. Make a new one: \`./nanoclaw pair ${channel}\``;
    case 'paired':
      return greeting(desk, call);
  }
}

/** Without the code: what is stored and logged must not hold it. */
export function withoutCode(message: InboundMessage): InboundMessage {
  const { text, replyTo } = message;
  if (!hasCode(text) && !hasCode(replyTo?.text ?? '')) return message;
  return {
    ...message,
    text: masked(text),
    replyTo: replyTo && { ...replyTo, text: replyTo.text && masked(replyTo.text) },
  };
}

const command = /(\/(?:pair|start)(?:@[\w.-]+)?\s+)\S.*/gi;

function hasCode(text: string): boolean {
  return text.search(command) >= 0;
}

function masked(text: string): string {
  return text.replace(command, '$1***');
}

const nameless =
  'You write here in the name of a chat, so I cannot tell who you are. Turn off “Remain anonymous” in your administrator rights (or write as yourself, not as your channel) and send it again.';

function refusal(channel: string): string {
  return `That is no code I am waiting for. The person who runs me makes one with \`./nanoclaw pair ${channel}\`.`;
}

function greeting({ store }: CommandParts['desk'], { place, group }: CommandCall): string {
  const main = store.groups.main();
  const hello = '👋 Hello! From now on you are an owner: what you write is done, and commands like /help are yours.';
  if (!main) return hello;
  if (group && group.folder !== main.folder) {
    return `${hello}\n\nThis chat stays with the group ${group.name} (${group.folder}). To have it talk to main instead: \`./nanoclaw groups unwire --jid ${place.jid}\` and then \`./nanoclaw groups wire --jid ${place.jid} --folder ${main.folder}\``;
  }
  wireChat(store, { jid: place.jid, folder: main.folder });
  const shared = store.chats.get(place.jid)?.isGroup
    ? '\n\nThis chat talks to main now, and so does everybody in it.'
    : '\n\nThis chat talks to main now.';
  const examples = [
    'What is worth knowing in the news today?',
    'Read the PDF I send you next and tell me what I have to do.',
    'Write a shopping list into a file and remind me of it here.',
  ];
  return `${hello}${shared} Try one of these:\n${examples.map((one) => `• ${one}`).join('\n')}`;
}
