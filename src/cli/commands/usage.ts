import { defineCommand } from 'citty';
import type { AdminResult } from '../../../protocol/admin.ts';
import { type Cli, usageError } from '../cli.ts';
import { table } from '../table.ts';

type Report = AdminResult<'usage'>;
type Figures = Omit<Report['rows'][number], 'day' | 'group' | 'model'>;

export const command = (cli: Cli) =>
  defineCommand({
    meta: { name: 'usage', description: 'Show tokens and estimated cost by day and group, and the budgets' },
    args: {
      days: {
        type: 'string',
        default: '7',
        valueHint: 'n',
        description: 'How many days back, today included; at most 366',
      },
      json: { type: 'boolean', description: 'As JSON' },
    },
    async run({ args }) {
      const days = Number(args.days);
      if (!Number.isInteger(days) || days < 1 || days > 366) throw usageError('--days must be a number from 1 to 366.');
      const report = await cli.withHost((host) => host.call('usage', { days }));
      cli.print(report, { json: args.json, words: inWords });
    },
  });

function inWords(report: Report): string {
  const { rows } = report;
  const lines = rows.map((row) => [row.day, row.group, row.model ?? '(not known)', ...cells(row)]);
  const totals = rows.length > 1 ? [['TOTAL', '', '', ...cells(sumOf(rows))]] : [];
  const used =
    rows.length === 0
      ? 'No usage in these days.'
      : table(['DAY', 'GROUP', 'MODEL', 'RESULTS', 'IN', 'CACHED', 'OUT', 'ABOUT USD'], [...lines, ...totals]);
  return [
    used,
    '',
    ...budgetsInWords(report),
    "Cost is the Agent SDK's estimate from list prices; turns that were killed before their result are not included.",
  ].join('\n');
}

function budgetsInWords({ budgets, free, today, timeZone }: Report): string[] {
  const head = `Budgets today (${today}, ${timeZone}):`;
  const lines = budgets.map(({ group, limitUsd, spentUsd, leftUsd }) => {
    const whose = group === null ? 'all groups' : group;
    return `  ${whose}: $${spentUsd.toFixed(2)} of $${limitUsd.toFixed(2)} spent, $${leftUsd.toFixed(2)} left`;
  });
  const exempt = free.map((group) => `  ${group}: exempt`);
  return budgets.length + free.length === 0
    ? ['No budgets: BUDGET_DAILY_USD sets one for all groups, "groups set FOLDER --budget USD" one for a group.']
    : [head, ...lines, ...exempt];
}

function cells(row: Figures): string[] {
  const numbers = new Intl.NumberFormat('en-US');
  const cached = row.cacheReadTokens + row.cacheWriteTokens;
  const counts = [row.results, row.inputTokens, cached, row.outputTokens].map((count) => numbers.format(count));
  return [...counts, row.costUsd.toFixed(4)];
}

function sumOf(rows: readonly Figures[]): Figures {
  const sum = (of: (row: Figures) => number) => rows.reduce((total, row) => total + of(row), 0);
  return {
    results: sum((row) => row.results),
    inputTokens: sum((row) => row.inputTokens),
    outputTokens: sum((row) => row.outputTokens),
    cacheReadTokens: sum((row) => row.cacheReadTokens),
    cacheWriteTokens: sum((row) => row.cacheWriteTokens),
    costUsd: sum((row) => row.costUsd),
  };
}
