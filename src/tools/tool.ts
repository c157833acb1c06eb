import type { z } from 'zod';
import type { Place } from '../model/chat.ts';
import type { Group } from '../model/group.ts';

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

/** Each file of this folder exports `createTool(desk)`. */
export function defineTool<Input extends z.ZodType>(tool: Tool<Input>): Tool<Input> {
  return tool;
}
