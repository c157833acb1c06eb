import { expect, test } from 'vitest';
import { nanoclaw } from '../../test/fixtures/command.ts';
import { FakeHost } from '../../test/fixtures/fake-host.ts';

test('usage tells tokens and cost by day and group, their totals, the budgets and that cost is an estimate', async () => {
  await using host = await FakeHost.open();
  const { stdout } = await nanoclaw(host.home, ['usage', '--days', '2']);
  expect(stdout.split('\n')).toEqual([
    'DAY         GROUP  MODEL            RESULTS  IN     CACHED  OUT  ABOUT USD',
    '2026-11-21  main   (not known)      2        1,000  3,000   200  0.5000',
    '2026-11-22  team   claude-opus-4-1  2        1,000  3,000   200  1.2500',
    'TOTAL                               4        2,000  6,000   400  1.7500',
    '',
    'Budgets today (2026-11-22, Europe/Berlin):',
    '  all groups: $1.25 of $5.00 spent, $3.75 left',
    '  team: $1.25 of $1.00 spent, $0.00 left',
    '  main: exempt',
    expect.stringContaining('estimate from list prices'),
    '',
  ]);
  expect(JSON.parse((await nanoclaw(host.home, ['usage', '--json'])).stdout)).toMatchObject({ today: '2026-11-22' });
  expect((await nanoclaw(host.home, ['usage', '--days', '0'])).code).toBe(2);
});

test('a group’s budget reaches the host as dollars or as a word, and nothing else does', async () => {
  await using host = await FakeHost.open();
  for (const budget of ['0.50', '$5', 'none', 'default']) {
    await nanoclaw(host.home, ['groups', 'set', 'team', '--budget', budget]);
  }
  expect(host.asked.map((one) => one.params)).toEqual(
    [0.5, 5, 'none', 'default'].map((budget) => ({ folder: 'team', budget })),
  );
  for (const budget of ['0', '-1', '', 'much', '1e99']) {
    expect((await nanoclaw(host.home, ['groups', 'set', 'team', `--budget=${budget}`])).code).toBe(2);
  }
});
