import type { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { z } from 'zod';
import type { ReplyFile } from '../../../protocol/mailbox.ts';
import type { ToolDefinition } from '../../../protocol/tools/definition.ts';
import { toolDefinitions } from '../../../protocol/tools.ts';
import { sentenceOf } from './errors.ts';

export const serverName = 'nanoclaw';

/** Puts one checked request to the host. Undefined: no reply came. `call` is the SDK's id of the tool call. */
export type Ask = (
  definition: ToolDefinition,
  args: Readonly<Record<string, unknown>>,
  call?: string,
) => Promise<ReplyFile | undefined>;

/** What a tool says to the model. */
export interface ToolWords {
  readonly content: { type: 'text'; text: string }[];
  readonly isError: boolean;
  readonly [key: string]: unknown;
}

const toolCall = z.object({
  method: z.literal('tools/call'),
  params: z.object({
    name: z.string(),
    arguments: z.unknown().optional(),
    _meta: z.object({ 'claudecode/toolUseId': z.string().optional() }).optional(),
  }),
});

/** Takes over every call on this server: arguments that do not fit are then refused in our words, not in JSON. */
export function answerCalls(server: McpServer, ask: Ask): void {
  server.server.setRequestHandler(toolCall, ({ params }) => {
    const call = params._meta?.['claudecode/toolUseId'];
    return callTool(params.name, params.arguments ?? {}, (definition, args) => ask(definition, args, call));
  });
}

export async function callTool(name: string, args: unknown, ask: Ask): Promise<ToolWords> {
  const definition = toolDefinitions.find((known) => known.name === name);
  if (!definition) return refusal(`There is no tool ${name} here.`);
  const parsed = definition.input.safeParse(args);
  if (!parsed.success) {
    return refusal(`Nothing was done: the arguments do not fit.\n${z.prettifyError(parsed.error)}`);
  }
  try {
    return wordsOf(await ask(definition, parsed.data));
  } catch (error) {
    return refusal(`Nothing was done: the request could not be handed to the host (${sentenceOf(error)}).`);
  }
}

function wordsOf(reply: ReplyFile | undefined): ToolWords {
  if (!reply) {
    return refusal(
      'The host has not replied, so it is unknown whether this was done. It may still be done later: ' +
        'do not repeat it blindly.',
    );
  }
  if (!reply.ok) return refusal(`${reply.error.message} (${reply.error.code})`);
  return say(typeof reply.result === 'string' ? reply.result : JSON.stringify(reply.result ?? 'done'), false);
}

function refusal(text: string): ToolWords {
  return say(text, true);
}

function say(text: string, isError: boolean): ToolWords {
  return { content: [{ type: 'text', text }], isError };
}
