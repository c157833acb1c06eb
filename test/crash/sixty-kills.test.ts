// Sixty kills at moments of the chance's choice, two homes side by side. CRASH_SEED=… has the same run again.
import { expect, inject, test } from 'vitest';
import { saidKinds } from '../fixtures/crash/campaign.ts';
import { runKills } from '../fixtures/crash/run-kills.ts';

test('whatever is killed: every message has one answer, and no platform hears anything twice that it was known to have', async () => {
  const tally = await runKills({ checkout: inject('snapshot'), kills: 60, runtimes: ['local'], kinds: saidKinds });
  expect(tally.faults).toEqual([]);
  expect(tally.kills).toBeGreaterThanOrEqual(60);
  expect(tally.inFlight).toBeGreaterThanOrEqual(0.8);
});
