import { postMessage } from '../acts/post-message.ts';
import { NanoclawError, sentenceOf } from '../model/errors.ts';
import type { Group } from '../model/group.ts';
import type { InboundMessage, Role } from '../model/message.ts';
import type { ChatCommand, CommandCall, CommandParts, CommandReply } from './command.ts';

export interface GivenCommand {
  readonly command: ChatCommand;
  readonly argument: string;
  /** As it came. */
  readonly message: InboundMessage;
  /** As it is stored. */
  readonly stored: InboundMessage;
  readonly role: Role;
  readonly channel: string;
  readonly group: Group | undefined;
}

/**
 * Stores a command and its reply, and does it, in one transaction: a platform that repeats itself is not answered twice.
 * The command's number, and what is to be done after the commit; undefined when it was known before.
 */
export function answerCommand(
  parts: CommandParts,
  given: GivenCommand,
): { seq: number; after: (() => void) | undefined } | undefined {
  const { store, clock } = parts.desk;
  const { stored, channel } = given;
  const { jid, thread } = stored;
  return store.transaction(() => {
    if (!store.chats.get(jid)) store.chats.see({ jid, channel, name: stored.senderName, isGroup: false });
    const seq = store.messages.insertInbound(stored, given.role, clock.now());
    if (seq === undefined) return undefined;
    store.messages.markCommand(seq);
    store.chats.touch(jid, clock.now());
    const place = { jid, thread };
    const { text, after } = reply(parts, given, { ...given, seq, place });
    const group = store.chats.get(jid)?.group ?? store.groups.main()?.folder;
    if (group !== undefined) postMessage(parts.desk, { key: `command:${seq}`, group, place, text });
    return { seq, after };
  });
}

function reply(parts: CommandParts, { command }: GivenCommand, call: CommandCall): CommandReply {
  try {
    const done = command.run(parts, call);
    return typeof done === 'string' ? { text: done } : done;
  } catch (error) {
    if (error instanceof NanoclawError) return { text: sentenceOf(error) };
    throw error;
  }
}

/** Tells whoever mistyped a command which one is meant. Its number; undefined when it was known before. */
export function answerUnknown(
  parts: CommandParts,
  given: {
    message: InboundMessage;
    role: Role;
    channel: string;
    group: Group;
    name: string;
    nearest: string | undefined;
  },
): number | undefined {
  const { message, name, nearest } = given;
  const meant = nearest === undefined ? '' : ` Did you mean /${nearest}?`;
  const run = () => `There is no command /${name}.${meant} /help shows them all.`;
  const command = { name, description: '', who: 'owner' as const, run };
  return answerCommand(parts, { ...given, command, argument: '', stored: message })?.seq;
}
