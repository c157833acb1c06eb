import { pause } from '../../lib/clock.ts';
import type { ChannelParts } from '../manifest.ts';
import type { Calls } from './api.ts';
import { failureOf, startError, wordsOf } from './errors.ts';
import type { Me } from './inbound.ts';

const firstPauseMs = 500;
const lastPauseMs = 8_000;

/**
 * Learns who we are and makes Telegram ready to be polled. Where nobody answers (a host that starts before its network)
 * it asks again until `signal`; what Telegram answers with an error is thrown at once.
 */
export async function enter(
  calls: Calls,
  { clock, log, commands, signal }: Pick<ChannelParts, 'clock' | 'log' | 'commands'> & { signal: AbortSignal },
): Promise<Me> {
  for (let waitMs = firstPauseMs; ; waitMs = Math.min(waitMs * 2, lastPauseMs)) {
    try {
      // Side by side: each would cost the start a round trip.
      const [me] = await Promise.all([
        calls.getMe(signal),
        // Where there is a webhook nothing can be polled. What waits at Telegram stays.
        calls.deleteWebhook({}, signal),
        showCommands(calls, { log, commands, signal }),
      ]);
      return me;
    } catch (error) {
      const code = failureOf(error)?.code ?? 500;
      if (code < 500 || !(await pause(clock, waitMs, signal))) throw startError(error);
    }
  }
}

/** The menu beside the text field. A hint: without it the commands work too. */
async function showCommands(
  calls: Calls,
  { log, commands, signal }: Pick<ChannelParts, 'log' | 'commands'> & { signal: AbortSignal },
): Promise<void> {
  // Telegram has no dashes in a command's name.
  const known = commands.filter(({ name }) => /^[a-z0-9_]{1,32}$/.test(name));
  if (known.length === 0) return;
  try {
    const shown = known.map(({ name, description }) => ({ command: name, description: description.slice(0, 256) }));
    await calls.setMyCommands({ commands: shown }, signal);
  } catch (error) {
    log.warn({ why: wordsOf(error) }, 'Telegram does not show the commands');
  }
}
