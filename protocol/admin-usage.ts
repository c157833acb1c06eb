import { z } from 'zod';

/** A group's budget for a day in dollars; `default` forgets it, `none` frees the group from every budget. */
export const budgetWish = z.union([z.number().positive().max(1_000_000), z.enum(['default', 'none'])]);

const usageReport = z.object({
  /** The host's local day, `2026-11-22`, and the zone whose midnight ends it. */
  today: z.string(),
  timeZone: z.string(),
  /** One for each day, group and model, the oldest day first. Dollars are estimated from list prices. */
  rows: z.array(
    z.object({
      day: z.string(),
      group: z.string(),
      /** Null where the agent did not say. */
      model: z.string().nullable(),
      results: z.number(),
      inputTokens: z.number(),
      outputTokens: z.number(),
      cacheReadTokens: z.number(),
      cacheWriteTokens: z.number(),
      costUsd: z.number(),
    }),
  ),
  /** What may be spent today; `group` is null for the budget of all groups together. */
  budgets: z.array(
    z.object({ group: z.string().nullable(), limitUsd: z.number(), spentUsd: z.number(), leftUsd: z.number() }),
  ),
  /** Groups that no budget holds. */
  free: z.array(z.string()),
});
export type UsageReport = z.infer<typeof usageReport>;

/** Methods of the admin socket about what was used. */
export const usageMethods = {
  usage: { params: z.object({ days: z.number().int().min(1).max(366).default(7) }), result: usageReport },
} as const;
