import { z } from 'zod';

const block = z.looseObject({
  type: z.string(),
  text: z.string().optional(),
  id: z.string().optional(),
  name: z.string().optional(),
  input: z.unknown().optional(),
  tool_use_id: z.string().optional(),
  content: z.unknown().optional(),
  is_error: z.boolean().optional(),
});
const content = z.union([z.string(), z.array(block)]);

/** A Messages API request, as far as the rehearsal reads it; everything else of it stays in place. */
export const messagesBody = z.looseObject({
  model: z.string().default('rehearsal'),
  stream: z.boolean().default(false),
  messages: z.array(z.looseObject({ role: z.string(), content })),
  system: content.optional(),
  tools: z.array(z.looseObject({ name: z.string().optional(), type: z.string().optional() })).default([]),
});
export type MessagesBody = z.infer<typeof messagesBody>;

/** One block of the conversation, in order, with who said it. */
export type Piece =
  | { readonly type: 'text'; readonly role: string; readonly text: string }
  | { readonly type: 'tool_use'; readonly id: string; readonly name: string; readonly input: unknown }
  | { readonly type: 'tool_result'; readonly id: string; readonly text: string; readonly isError: boolean };

export function piecesOf(role: string, message: MessagesBody['messages'][number]['content']): Piece[] {
  if (typeof message === 'string') return [{ type: 'text', role, text: message }];
  return message.flatMap((part): Piece[] => {
    switch (part.type) {
      case 'text':
        return [{ type: 'text', role, text: part.text ?? '' }];
      case 'tool_use':
        return [{ type: 'tool_use', id: part.id ?? '', name: part.name ?? '', input: part.input }];
      case 'tool_result':
        return [
          {
            type: 'tool_result',
            id: part.tool_use_id ?? '',
            text: textOf(part.content),
            isError: part.is_error ?? false,
          },
        ];
      default:
        return [];
    }
  });
}

/** The text of a string or of the text blocks in a list; '' for anything else. */
export function textOf(value: unknown): string {
  const parsed = content.safeParse(value);
  if (!parsed.success) return '';
  if (typeof parsed.data === 'string') return parsed.data;
  return parsed.data.flatMap((part) => (part.type === 'text' ? (part.text ?? '') : [])).join('\n');
}
