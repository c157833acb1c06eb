// A thousand kills, every state hit at least three times. CRASH_SEED=… has the same run again, CRASH_KILLS another number.
import { expect, inject, test } from 'vitest';
import { saidKinds, taskKinds } from '../fixtures/crash/campaign.ts';
import { runKills } from '../fixtures/crash/run-kills.ts';
import { states } from '../fixtures/crash/state.ts';

test('a thousand kills: nothing is lost, and nothing comes twice that a platform was known to have', async () => {
  const kills = Number(process.env['CRASH_KILLS'] ?? 1_000);
  const kinds = { ...saidKinds, ...taskKinds };
  const tally = await runKills({ checkout: inject('snapshot'), kills, runtimes: ['local', 'docker'], kinds });
  expect(tally.faults).toEqual([]);
  expect(tally.kills).toBeGreaterThanOrEqual(kills);
  expect(tally.inFlight).toBeGreaterThanOrEqual(0.8);
  if (kills >= 1_000)
    for (const state of states)
      expect({ state, hits: tally.in(state) }).not.toMatchObject({
        hits: expect.toSatisfy((hits: number) => hits < 3),
      });
});
