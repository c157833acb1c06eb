import type { z } from 'zod';

/**
 * A tool the agent sees as `mcp__nanoclaw__<name>`. One definition for both sides: the runner offers it to the model and
 * checks the arguments, the host checks the request again. The request file's `type` is `requestType`.
 */
export interface ToolDefinition {
  readonly name: string;
  readonly description: string;
  readonly input: z.ZodObject;
  /** Mailbox place and `type` of the request, v1's names. */
  readonly place: 'messages' | 'tasks';
  readonly requestType: string;
  /** The request's fields where they are named otherwise than the arguments. Pure. */
  readonly toRequest?: (args: Readonly<Record<string, unknown>>) => Readonly<Record<string, unknown>>;
}
