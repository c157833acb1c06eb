import { type Budgeting, reportUsage } from '../acts/report-usage.ts';
import type { AdminHandlers } from './handlers.ts';

/** What was used, and what may still be. */
export function usageHandlers(budgeting: Budgeting): Pick<AdminHandlers, 'usage'> {
  return { usage: ({ days }) => reportUsage(budgeting, { days }) };
}
