import type { AdminResult } from '../../protocol/admin.ts';
import type { TaskDesk } from '../acts/schedule-task.ts';
import type { Place } from '../model/chat.ts';
import type { Group } from '../model/group.ts';
import type { InboundMessage } from '../model/message.ts';
import type { Store } from '../store/store.ts';
import type { Standing } from './policy.ts';

/**
 * What commands may do to turns. Each stores what it does, in the transaction of whoever calls, and gives what is to be done
 * about it once that is committed; that never throws.
 */
export interface TurnControl {
  /** Ends the turn that runs for this place; undefined when none does. */
  stop(place: Place): (() => void) | undefined;
  /** The group's session was forgotten: whatever still lives on the old one must end. */
  renew(groupFolder: string): () => void;
}

export interface CommandParts {
  readonly desk: TaskDesk;
  readonly turns: TurnControl;
  readonly status: () => AdminResult<'status'>;
  readonly timeZone: string;
  /** What all groups together may spend a day. */
  readonly dailyBudgetUsd?: number | undefined;
}

/** A command somebody gave, and where. */
export interface CommandCall {
  /** What stood behind the name, trimmed. */
  readonly argument: string;
  readonly message: InboundMessage;
  readonly seq: number;
  readonly channel: string;
  readonly place: Place;
  /** The group the chat is wired to; undefined only for those that `anyone` may give. */
  readonly group: Group | undefined;
}

/** Markdown, and what is to be done once the command is stored. */
export interface CommandReply {
  readonly text: string;
  readonly after?: (() => void) | undefined;
}

export interface ChatCommand {
  readonly name: string;
  readonly description: string;
  /** `owner`: and anyone in main as long as nobody is an owner. `anyone`: in every chat, wired or not. */
  readonly who: 'owner' | 'anyone';
  /** In a chat of several people only when it is said to us: every bot there has one of that name. */
  readonly alone?: boolean;
  /** False: it is neither stored nor answered, as if it had not been said. For what strangers may give. */
  heeds?(parts: CommandParts, call: Pick<CommandCall, 'message' | 'channel' | 'argument'>): boolean;
  /** Runs in the transaction that stores the command: store and acts only. A NanoclawError thrown is its reply. */
  run(parts: CommandParts, call: CommandCall): string | CommandReply;
}

/** As long as nobody is an owner, everybody in main is taken for one. */
export function commandsWithoutOwner(
  store: Store,
  { group, standing }: { group: Group | undefined; standing: Standing },
): boolean {
  return group?.isMain === true && standing === 'allowed' && !store.owners.any();
}
