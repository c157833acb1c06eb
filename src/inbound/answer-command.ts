import { postMessage } from '../acts/post-message.ts';
import { NanoclawError, sentenceOf } from '../model/errors.ts';
import type { Group } from '../model/group.ts';
import type { InboundMessage, Role } from '../model/message.ts';
import type { ChatCommand, CommandCall, CommandParts } from './command.ts';

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
 * The command's number; undefined when it was known before.
 */
export function answerCommand(parts: CommandParts, given: GivenCommand): number | undefined {
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
    const text = reply(parts, given, { ...given, seq, place });
    const group = store.chats.get(jid)?.group ?? store.groups.main()?.folder;
    if (group !== undefined) postMessage(parts.desk, { key: `command:${seq}`, group, place, text });
    return seq;
  });
}

function reply(parts: CommandParts, { command }: GivenCommand, call: CommandCall): string {
  try {
    return command.run(parts, call);
  } catch (error) {
    if (error instanceof NanoclawError) return sentenceOf(error);
    throw error;
  }
}
