import { z } from 'zod';
import type { ToolDefinition } from './definition.ts';

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

/** Platforms end a caption at 1 024 characters; what Markdown adds must fit as well. */
const caption = z.string().max(1_000);

const sendFile = {
  name: 'send_file',
  description:
    'Send a file from /workspace/group to the chat right now: a picture, a document, a recording, an archive. The person ' +
    'sees the file itself, so do not paste its content into your answer. A plain file, not a link or a directory. It is ' +
    'copied at once; you may change or remove yours afterwards.',
  input: z.object({
    path: z.string().min(1).max(4_096).describe('Where it is, for example /workspace/group/report.pdf or report.pdf'),
    caption: caption.optional().describe('A line of Markdown shown with it; longer words belong into your answer'),
  }),
  place: 'messages',
  requestType: 'send_file',
} as const satisfies ToolDefinition;

export const talkTools: readonly ToolDefinition[] = [sendMessage, sendFile];

/** A `send_message` request as it stands in `messages/` (v1's fields plus id). */
export const messageRequest = z.object({
  type: z.literal('message'),
  id: z.uuid().optional(),
  chatJid: z.string().min(1),
  text: z.string().min(1).max(100_000),
  sender: z.string().max(100).optional(),
});

/** A `send_file` request as it stands in `messages/`. */
export const fileRequest = z.object({
  type: z.literal('send_file'),
  id: z.uuid().optional(),
  chatJid: z.string().min(1),
  ...sendFile.input.shape,
});
