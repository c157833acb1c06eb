import type { z } from 'zod';
import { guard } from '../acts/guard.ts';
import type { Desk } from '../acts/post-message.ts';
import type { Place } from '../model/chat.ts';
import type { Group } from '../model/group.ts';

/** What tools are made from. */
export interface ToolDesk extends Desk {
  /** A group's folder on the host, which its agent may rewrite at any moment. */
  readonly folderOf: (group: string) => string;
  /** Where files wait to be sent; no agent sees it. */
  readonly spoolDirectory: string;
  /** Times are told in this zone. */
  readonly timeZone: string;
  /** Largest file that can be sent to that chat; 0 where files cannot be sent. */
  readonly maxFileBytesOf: (jid: string) => number;
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

/** A sentence a model can act on. */
export function refuse(code: string, message: string): Extract<ToolReply, { ok: false }> {
  return { ok: false, error: { code, message } };
}
