import { defineCommand } from 'citty';
import { askStarting } from '../../../scripts/starting.mjs';
import { pause, stayAwake, systemClock } from '../../lib/clock.ts';
import { hasCode, NanoclawError, systemCode } from '../../model/errors.ts';
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
      const pid = await stopHost(cli, args.now ?? false).catch((error: unknown) => {
        if (hasCode(error, 'host.starting')) return stopStart(cli);
        throw error;
      });
      if (pid !== undefined) await waitForEnd(pid);
      cli.out('Stopped.');
    },
  });

async function stopHost(cli: Cli, now: boolean): Promise<number> {
  return cli.withHost(async (host) => {
    const { pid } = await host.call('status', {});
    await host.call('stop', { now });
    return pid;
  });
}

/** As Ctrl-C in its terminal would. Undefined when it has ended meanwhile. */
async function stopStart(cli: Cli): Promise<number | undefined> {
  const starting = await askStarting(cli.config.home);
  starting?.stop();
  await starting?.ended;
  return starting?.pid;
}

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
