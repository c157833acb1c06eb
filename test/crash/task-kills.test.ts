// Sixty kills by chance between "a task is due" and "its answer is sent". CRASH_SEED=… has the same run again.
import { expect, inject, test } from 'vitest';
import { taskKinds } from '../fixtures/crash/campaign.ts';
import { runKills } from '../fixtures/crash/run-kills.ts';

test('whoever, while tasks come due: every occurrence is answered once, or its script said no, once', async () => {
  const tally = await runKills({ checkout: inject('snapshot'), kills: 60, runtimes: ['local'], kinds: taskKinds });
  expect(tally.faults).toEqual([]);
  expect(tally.kills).toBeGreaterThanOrEqual(60);
  expect(tally.inFlight).toBeGreaterThanOrEqual(0.6);
});
