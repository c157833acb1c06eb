import { type BudgetState, reportUsage } from '../acts/report-usage.ts';
import type { CommandCall, CommandParts } from './command.ts';

type Row = ReturnType<typeof reportUsage>['rows'][number];

/** `/usage`: what was used today and in the last seven days; only main hears of other groups. */
export function usageInChat({ desk, timeZone, dailyBudgetUsd }: CommandParts, { group }: CommandCall): string {
  if (!group) return '';
  const { store, clock } = desk;
  const own = group.isMain ? undefined : group;
  const { today, rows, budgets } = reportUsage({ store, clock, timeZone, dailyBudgetUsd }, { days: 7, group: own });
  // What others spend of the common budget is not for everybody to know.
  const told = budgets.filter((budget) => group.isMain || budget.group !== null);
  const ofToday = rows.filter((row) => row.day === today);
  return [
    `Today: ${figures(ofToday)}`,
    ...(group.isMain ? byGroup(ofToday) : []),
    `The last 7 days: ${figures(rows)}`,
    ...(group.isMain ? byGroup(rows) : []),
    ...told.map(budgetLine),
    'Dollars are an estimate from list prices.',
  ].join('\n');
}

function byGroup(rows: readonly Row[]): string[] {
  const groups = [...new Set(rows.map((row) => row.group))].sort();
  if (groups.length < 2) return [];
  return groups.map((group) => `• ${group}: ${figures(rows.filter((row) => row.group === group))}`);
}

function figures(rows: readonly Row[]): string {
  const sum = (of: (row: Row) => number) => rows.reduce((total, row) => total + of(row), 0);
  const read = sum((row) => row.inputTokens + row.cacheReadTokens + row.cacheWriteTokens);
  const tokens = `${short(read)} tokens in, ${short(sum((row) => row.outputTokens))} out`;
  return rows.length === 0 ? 'nothing' : `about $${sum((row) => row.costUsd).toFixed(2)} (${tokens})`;
}

function short(tokens: number): string {
  if (tokens < 1_000) return String(tokens);
  return tokens < 1_000_000 ? `${(tokens / 1_000).toFixed(1)}k` : `${(tokens / 1_000_000).toFixed(1)}M`;
}

function budgetLine({ group, limitUsd, leftUsd }: BudgetState): string {
  const whose = group === null ? 'all groups' : group;
  return `Budget of ${whose}: $${leftUsd.toFixed(2)} of $${limitUsd.toFixed(2)} left today`;
}
