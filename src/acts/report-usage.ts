import type { UsageReport } from '../../protocol/admin-usage.ts';
import type { Clock } from '../lib/clock.ts';
import { daysBefore, localDay } from '../lib/local-day.ts';
import type { Group } from '../model/group.ts';
import type { Store } from '../store/store.ts';

/** What budgets are judged by. */
export interface Budgeting {
  readonly store: Store;
  readonly clock: Clock;
  /** Its midnight begins a new day. */
  readonly timeZone: string;
  /** What all groups together may spend a day. */
  readonly dailyBudgetUsd: number | undefined;
}

export type BudgetState = UsageReport['budgets'][number];

/** What that group may still spend today, the tightest budget first. Empty when nothing holds it. */
export function budgetsOver(parts: Budgeting, group: Group): BudgetState[] {
  if (group.budget === 'none') return [];
  const budgets = [ownBudget(parts, group), commonBudget(parts)].filter((one) => one !== undefined);
  return budgets.sort((a, b) => a.leftUsd - b.leftUsd);
}

/** What was used in the last `days` days, today included: by one group, or by all. */
export function reportUsage(parts: Budgeting, asked: { days: number; group?: Group | undefined }): UsageReport {
  const { store, timeZone } = parts;
  const today = localDay(parts.clock.now(), timeZone);
  const rows = store.usage.since(daysBefore(today, asked.days - 1));
  const { group } = asked;
  const groups = group ? [group] : store.groups.all();
  const own = groups.map((one) => ownBudget(parts, one)).filter((one) => one !== undefined);
  const common = group?.budget === 'none' ? undefined : commonBudget(parts);
  return {
    today,
    timeZone,
    rows: rows
      .filter((row) => group === undefined || row.group === group.folder)
      .map((row) => ({ ...row, model: row.model ?? null })),
    budgets: [...(common ? [common] : []), ...own],
    free: groups.filter((one) => one.budget === 'none').map((one) => one.folder),
  };
}

function ownBudget(parts: Budgeting, { folder, budget }: Group): BudgetState | undefined {
  return typeof budget === 'number' ? stateOf(parts, { group: folder, limitUsd: budget }) : undefined;
}

function commonBudget(parts: Budgeting): BudgetState | undefined {
  const limitUsd = parts.dailyBudgetUsd;
  return limitUsd === undefined ? undefined : stateOf(parts, { group: null, limitUsd });
}

function stateOf({ store, clock, timeZone }: Budgeting, of: { group: string | null; limitUsd: number }): BudgetState {
  const spentUsd = store.usage.spent(localDay(clock.now(), timeZone), of.group ?? undefined);
  return { ...of, spentUsd, leftUsd: Math.max(0, of.limitUsd - spentUsd) };
}
