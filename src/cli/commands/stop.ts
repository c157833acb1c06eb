import { defineCommand } from 'citty';
import { pause, stayAwake, systemClock } from '../../lib/clock.ts';
import { NanoclawError, systemCode } from '../../model/errors.ts';
import type { Cli } from '../cli.ts';

// Longer than the host's own 30 s for running turns and the flush of what is due.
const patienceMs = 60_000;

export const command = (cli: Cli) =>
  defineCommand({
    meta: {
      name: 'stop',
      description: 'Stop the host. Running turns get 30 s; what is unfinished goes on at the next start',
    },
    args: { now: { type: 'boolean', description: 'Do not wait: end running turns and containers' } },
    async run({ args }) {
      const pid = await cli.withHost(async (host) => {
        const status = await host.call('status', {});
        await host.call('stop', { now: args.now ?? false });
        return status.pid;
      });
      await waitForEnd(pid);
      cli.out('Stopped.');
    },
  });

/** The socket is closed long before the store is: only the process's own end says that all is written. */
async function waitForEnd(pid: number): Promise<void> {
  const deadline = systemClock.now() + patienceMs;
  using _awake = stayAwake();
  while (lives(pid)) {
    if (systemClock.now() > deadline) {
      throw new NanoclawError(
        'host.still-running',
        `The host is still running a minute after it was asked to stop (pid ${pid}).`,
        {
          cure: 'See what it waits for: ./nanoclaw logs. To stop without waiting for turns: ./nanoclaw stop --now.',
        },
      );
    }
    await pause(systemClock, 50);
  }
}

function lives(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    if (systemCode(error) === 'ESRCH') return false;
    throw error;
  }
}
