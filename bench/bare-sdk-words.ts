import { z } from 'zod';

/** What the bare SDK's program is told on its command line. */
export const bareSdkPlan = z.object({
  /** The runner's package. */
  runner: z.string(),
  layout: z.record(z.string(), z.string()),
  /** The start line our own runner was given. */
  start: z.unknown(),
  environment: z.record(z.string(), z.string()),
});
export type BareSdkPlan = z.infer<typeof bareSdkPlan>;

export const bareSdkOrder = z.discriminatedUnion('type', [
  z.object({ type: z.literal('warm') }),
  z.object({ type: z.literal('turn'), text: z.string() }),
  z.object({ type: z.literal('close') }),
]);
export type BareSdkOrder = z.infer<typeof bareSdkOrder>;

const turn = z.object({
  type: z.literal('turn'),
  startedAt: z.number(),
  /** When the last tool call came to its handler. */
  toolAt: z.number().optional(),
  resultAt: z.number(),
});
export const bareSdkReply = z.discriminatedUnion('type', [
  z.object({ type: z.literal('ready') }),
  turn,
  z.object({ type: z.literal('closed') }),
]);
export type BareSdkReply = z.infer<typeof bareSdkReply>;
export type BareTurn = z.infer<typeof turn>;
