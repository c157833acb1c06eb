import type { AdminResult } from '../../protocol/admin.ts';
import type { TaskDesk } from '../acts/schedule-task.ts';
import type { Place } from '../model/chat.ts';
import type { Group } from '../model/group.ts';
import type { InboundMessage } from '../model/message.ts';

/** What commands may do to turns. Both return at once and never throw. */
export interface TurnControl {
  /** Ends the turn that runs for this place; false when none does. */
  stop(place: Place): boolean;
  /** The group's session was forgotten: whatever still lives on the old one must end. */
  renew(groupFolder: string): void;
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

export interface ChatCommand {
  readonly name: string;
  readonly description: string;
  /** `owner`: and anyone in main as long as nobody is an owner. `anyone`: in every chat, wired or not. */
  readonly who: 'owner' | 'anyone';
  /** The reply, Markdown. Runs in the transaction that stores the command; a NanoclawError thrown is its reply. */
  run(parts: CommandParts, call: CommandCall): string;
}
