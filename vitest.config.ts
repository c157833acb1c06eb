import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

// Deadlines are for liveness only: a test that hangs, never one that is slow.
const quick = { testTimeout: 180_000, hookTimeout: 180_000, teardownTimeout: 60_000 };
const slow = {
  testTimeout: 600_000,
  hookTimeout: 600_000,
  teardownTimeout: 60_000,
  globalSetup: ['test/build-host.ts'],
};
const anEngine = 'test/contracts/**/*.engine.test.ts';
const aCrashInAnEngine = 'test/crash/**/*.engine.test.ts';
/** Properties of whatever is written: there are always more texts to try. */
const texts = ['src/text/**/*.test.ts', 'src/channels/telegram/render.test.ts', 'test/checks/telegram-reads.test.ts'];
/** What takes a minute or more by itself begins first, or all others wait for it at the end. Else Vitest's own order. */
const long =
  /\/(kills|sixty-kills|task-kills|swap-race|two-hosts|two-hours|failing-answers|agent|outside|engine\.engine)\.test\.ts$/;

class LongFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    const isLong = (file: TestSpecification) => long.test(file.moduleId);
    return [...sorted.filter(isLong), ...sorted.filter((file) => !isLong(file))];
  }
}

const builtSnapshot = 'test/crash/snapshot.ts';

export default defineConfig({
  test: {
    pool: 'forks',
    retry: 0,
    sequence: { sequencer: LongFirst },
    // Vitest's own is one second: too little for whatever waits for a process or a socket on a busy machine.
    expect: { poll: { timeout: 30_000 } },
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          include: [
            '{src,protocol,setup,scripts,bin}/**/*.test.ts',
            'container/agent-runner/**/*.test.ts',
            'test/checks/**/*.test.ts',
          ],
          exclude: ['**/node_modules/**', '**/dist/**'],
          provide: { runs: 300 },
          ...quick,
        },
      },
      { extends: true, test: { name: 'flow', include: ['test/flow/**/*.test.ts'], ...slow } },
      {
        extends: true,
        test: { name: 'contracts', include: ['test/contracts/**/*.test.ts'], exclude: [anEngine], ...slow },
      },
      // Needs a running container engine and the agent image.
      { extends: true, test: { name: 'container', include: ['test/container/**/*.test.ts', anEngine], ...slow } },
      {
        extends: true,
        test: { name: 'attacks', include: ['test/attacks/**/*.test.ts'], provide: { looks: 200 }, ...slow },
      },
      // Processes that are killed, on a snapshot of this checkout built for the run.
      {
        extends: true,
        test: {
          name: 'crash',
          include: ['test/crash/**/*.test.ts'],
          exclude: [aCrashInAnEngine],
          ...slow,
          globalSetup: builtSnapshot,
          testTimeout: 900_000,
        },
      },
      {
        extends: true,
        test: {
          name: 'crash-engine',
          include: [aCrashInAnEngine],
          ...slow,
          globalSetup: builtSnapshot,
          testTimeout: 900_000,
        },
      },
      // Too long for every landing: `npm run test:long`.
      {
        extends: true,
        test: {
          name: 'long',
          include: ['test/long/**/*.test.ts', 'test/attacks/swap-race.test.ts', ...texts],
          provide: { runs: 10_000, looks: 1_000 },
          ...slow,
          globalSetup: builtSnapshot,
          testTimeout: 3 * 3_600_000,
        },
      },
    ],
  },
});
