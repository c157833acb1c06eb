import { z } from 'zod';
import { resultFile } from './mailbox.ts';

/**
 * Frames travel on the runner's stdout, three lines each: start mark, one JSON line, end mark. Everything else there is
 * log. A frame rings and repeats what is in a file; the file is the truth.
 */
export const frameStart = '---NANOCLAW_OUTPUT_START---';
export const frameEnd = '---NANOCLAW_OUTPUT_END---';

const plain = { status: z.literal('ok').default('ok'), result: z.null().default(null) };

const typedFrame = z.discriminatedUnion('type', [
  /** The SDK process is up. `newSessionId` when the asked session could not be read and a new one was begun. */
  z.object({ type: z.literal('ready'), ...plain, newSessionId: z.string().optional() }),
  /** The input was handed to the SDK. */
  z.object({ type: z.literal('ack'), ...plain, input: z.string() }),
  /** The visible text so far of the answer being written; `text: ""` takes it back (an API retry). */
  z.object({ type: z.literal('partial'), ...plain, turnId: z.string(), text: z.string() }),
  /** A sign of life: an SDK message or tool progress. `tool` names the tool that began, empty when one has ended. */
  z.object({ type: z.literal('activity'), ...plain, tool: z.string().optional() }),
  resultFile.extend({ type: z.literal('result') }),
  /** A request file was written: look. */
  z.object({ type: z.literal('bell'), ...plain }),
  /** The runner cannot go on. `code` as in resultError. */
  z.object({
    type: z.literal('error'),
    status: z.literal('error').default('error'),
    result: z.null().default(null),
    code: z.string(),
    error: z.string(),
  }),
]);

/** v1's frame: no type, no turn; it answers whatever is open. */
const bareFrame = z.object({
  type: z.undefined().optional(),
  status: z.enum(['success', 'error']),
  result: z.string().nullable(),
  newSessionId: z.string().optional(),
  error: z.string().optional(),
});

export const frame = z.union([typedFrame, bareFrame]);
export type Frame = z.infer<typeof frame>;
export type TypedFrame = z.infer<typeof typedFrame>;

/** The three lines of a frame, ready for stdout. */
export function encodeFrame(value: z.input<typeof typedFrame>): string {
  return `${frameStart}\n${JSON.stringify(typedFrame.parse(value))}\n${frameEnd}\n`;
}
