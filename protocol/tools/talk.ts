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

/** One message: `o45` is what send_message and the like said it is stored as, `m812` stands at a message in a prompt. */
const messageId = z
  .string()
  .regex(/^[mo]\d{1,15}$/, 'an id such as m812 (from a prompt) or o45 (from send_message)')
  .describe('m812, as a prompt or search names a message, or o45, as send_message named yours');

const react = {
  name: 'react',
  description:
    'Put one emoji to a message of the chat, instead of the one you put there before. For a nod that needs no words.',
  input: z.object({
    message_id: messageId,
    emoji: z.string().max(32).describe('One emoji, for example 👍; empty takes yours back'),
  }),
  place: 'messages',
  requestType: 'react',
} as const satisfies ToolDefinition;

const editMessage = {
  name: 'edit_message',
  description:
    'Replace the whole text of a message you sent: to correct it, or to bring a progress note up to date instead of sending ' +
    'another. Only your own messages.',
  input: z.object({
    message_id: messageId,
    text: z.string().min(1).max(100_000).describe('Markdown; all of the new text, short enough for one message'),
  }),
  place: 'messages',
  requestType: 'edit_message',
} as const satisfies ToolDefinition;

const askUser = {
  name: 'ask_user',
  description:
    'Ask the people of the chat something, with buttons (or numbers) to choose from if you give options. Returns the ' +
    'question’s id at once, not the answer: that comes later as a message marked answers="q7", and wakes you. Nobody ' +
    'answering in time is such a message as well. Do other things meanwhile, or end your turn; do not wait or poll.',
  input: z.object({
    question: z.string().min(1).max(3_000).describe('Markdown; say all that is needed to decide'),
    options: z
      .array(z.string().trim().min(1).max(60))
      .max(8)
      .optional()
      .describe('Short labels, 8 at most; left out, any words are an answer'),
    timeout_minutes: z.number().int().min(1).max(10_080).optional().describe('Default 60; 7 days (10080) at most'),
  }),
  place: 'messages',
  requestType: 'ask_user',
} as const satisfies ToolDefinition;

export const talkTools: readonly ToolDefinition[] = [sendMessage, sendFile, react, editMessage, askUser];

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

export const reactRequest = z.object({ type: z.literal('react'), ...react.input.shape });
export const editRequest = z.object({ type: z.literal('edit_message'), ...editMessage.input.shape });
/** An `ask_user` request; asked in `chatJid`. */
export const askRequest = z.object({
  type: z.literal('ask_user'),
  chatJid: z.string().min(1),
  ...askUser.input.shape,
});
