import { z } from 'zod';

/**
 * The tools the agent sees as `mcp__nanoclaw__<name>`. One definition for both sides: the runner offers it to the model and
 * checks the arguments, the host checks the request again. The request file's `type` is `requestType`.
 */
export interface ToolDefinition {
  readonly name: string;
  readonly description: string;
  readonly input: z.ZodObject;
  /** Mailbox place and `type` of the request, v1's names. */
  readonly place: 'messages' | 'tasks';
  readonly requestType: string;
}

const sendMessage = {
  name: 'send_message',
  description:
    'Send a message to the chat right now, before your final answer: a progress note, or one of several messages. ' +
    'Your final answer is delivered by itself; do not repeat here what it will say.',
  input: z.object({
    text: z.string().min(1).max(100_000).describe('Markdown text of the message'),
    sender: z.string().max(100).optional().describe('Role or name to show as the author, for example "Researcher"'),
  }),
  place: 'messages',
  requestType: 'message',
} as const satisfies ToolDefinition;

export const toolDefinitions: readonly ToolDefinition[] = [sendMessage];

/** A `send_message` request as it stands in `messages/` (v1's fields plus id). */
export const messageRequest = z.object({
  type: z.literal('message'),
  id: z.uuid().optional(),
  chatJid: z.string().min(1),
  text: z.string().min(1).max(100_000),
  sender: z.string().max(100).optional(),
});
