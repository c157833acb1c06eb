import type { z } from 'zod';
import { type FoundMessage, findSaid } from '../acts/find-said.ts';
import { findTask } from '../acts/find-task.ts';
import { guard } from '../acts/guard.ts';
import type { Desk } from '../acts/post-message.ts';
import type { Registry } from '../acts/register-group.ts';
import type { TaskDesk } from '../acts/schedule-task.ts';
import { setTaskState, type TaskDeed } from '../acts/set-task-state.ts';
import { stateInWords } from '../acts/task-words.ts';
import type { Place } from '../model/chat.ts';
import { NanoclawError, sentenceOf } from '../model/errors.ts';
import type { Group } from '../model/group.ts';
import { outboxName } from '../model/message.ts';

/** What tools are made from. */
export interface ToolDesk extends TaskDesk {
  /** A group's folder on the host, which its agent may rewrite at any moment. */
  readonly folderOf: (group: string) => string;
  /** Where files wait to be sent; no agent sees it. */
  readonly spoolDirectory: string;
  /** Largest file that can be sent to that chat; 0 where files cannot be sent. */
  readonly maxFileBytesOf: (jid: string) => number;
  readonly abilitiesOf: (jid: string) => ChatAbilities;
  readonly registry: Registry;
  /** Has the channels look for chats and their names again. Returns at once; what they find is stored as it comes. */
  readonly refreshChats: () => void;
}

/** What can be done in a chat beside saying something. */
export interface ChatAbilities {
  readonly edits: boolean;
  readonly reactions: boolean;
  /** The only emojis one can react with; undefined: any. */
  readonly emojis?: readonly string[] | undefined;
  readonly buttons: boolean;
}

/** Who asks, from the mailbox the request lay in; never from a field of it. */
export interface Caller {
  readonly group: Group;
  readonly runId: string;
  /** Reply place of the turn the request belongs to; undefined when no turn runs. */
  readonly place: Place | undefined;
  readonly turnId: string | undefined;
  /** Outbox key of what this request says: `request:<run>-<request id>`. */
  readonly key: string;
}

export type ToolReply = { ok: true; result: unknown } | { ok: false; error: { code: string; message: string } };

/**
 * What an agent may ask the host to do. `handle` runs inside the transaction that stores its reply: it must be
 * synchronous, touch only the store and acts, and never throw for what the agent did wrong (reply `ok: false` with words
 * a model can act on).
 */
export interface Tool<Input extends z.ZodType = z.ZodType> {
  /** `type` of the request file. */
  readonly requestType: string;
  readonly input: Input;
  handle(input: z.output<Input>, caller: Caller): ToolReply;
}

/** Each file of this folder exports `createTool(desk)`, which is given a `ToolDesk`. */
export function defineTool<Input extends z.ZodType>(tool: Tool<Input>): Tool<Input> {
  return tool;
}

/** Where the asker may speak when it names that chat: a group in its own chats, main in every wired chat. */
export function addressee(
  desk: Desk,
  jid: string,
  caller: Pick<Caller, 'group' | 'place'>,
): { ok: true; group: string; place: Place } | Extract<ToolReply, { ok: false }> {
  const chat = desk.store.chats.get(jid);
  const verdict = guard(desk.store, caller.group, { verb: 'speak', jid });
  if (verdict === 'unknown' || !chat?.group) return refuse('unknown_chat', `${jid} is no chat of a group.`);
  if (verdict !== 'allowed') return refuse('not_allowed', 'You may send messages only to your own chats.');
  const own = caller.place?.jid === chat.jid;
  return { ok: true, group: chat.group, place: own && caller.place ? caller.place : { jid, thread: undefined } };
}

/** The message that an id names, where the asker may speak: whether there is one elsewhere is not told. */
export function messageCalled(
  desk: Desk,
  name: string,
  caller: Pick<Caller, 'group'>,
): { ok: true; message: FoundMessage } | Extract<ToolReply, { ok: false }> {
  const message = findSaid(desk.store, name);
  const verdict = message && guard(desk.store, caller.group, { verb: 'speak', jid: message.place.jid });
  if (message && verdict === 'allowed') return { ok: true, message };
  return refuse(
    'unknown_message',
    `There is no message ${name} in your chats. Ids are like m812, as a prompt shows them, or o45, as send_message tells you.`,
  );
}

/** A sentence a model can act on. */
export function refuse(code: string, message: string): Extract<ToolReply, { ok: false }> {
  return { ok: false, error: { code, message } };
}

export function mainOnly(what: string): Extract<ToolReply, { ok: false }> {
  return refuse('main_only', `Only the main group may ${what}. Tell the person to ask there.`);
}

/** What the asker is told of a message: the names by which it can be changed later. */
export function storedAs({ store }: Desk, key: string): string {
  const names = store.said.ofKey(key).map((row) => outboxName(row.id));
  return `Stored for delivery as ${names.join(', ')}${names.length > 1 ? ` (${names.length} parts)` : ''}.`;
}

/** What an act refuses is refused to the model in the same words. */
export function orRefuse(work: () => ToolReply): ToolReply {
  try {
    return work();
  } catch (error) {
    if (error instanceof NanoclawError) return refuse(error.code.replace(/[.-]/g, '_'), sentenceOf(error));
    throw error;
  }
}

/** Pauses, resumes or cancels a task that the asker may change. */
export function changeTask(desk: ToolDesk, { group }: Caller, to: { id: string; deed: TaskDeed }): ToolReply {
  return orRefuse(() => {
    const task = setTaskState(desk, { task: findTask(desk.store, to.id, group), deed: to.deed });
    return { ok: true, result: stateInWords(task, desk.timetable.zone) };
  });
}
