import { join } from 'node:path';
import type { AdminClient } from '../../admin/client.ts';
import type { Cli } from '../cli.ts';
import { bannerLine } from './banner.ts';
import { History } from './history.ts';
import { answerAll, answerOnce, type Piped } from './piped.ts';

export interface TalkOptions {
  readonly group: string;
  /** Say only this, and leave when it is answered. */
  readonly once?: string | undefined;
  /** What to say beside the host's own notices. */
  readonly notices: readonly string[];
}

/** Lines come from a file or another program, or answers go there: no prompt, no banner, no colour. */
export function isPiped(): boolean {
  return !(process.stdin.isTTY && process.stdout.isTTY);
}

/**
 * A chat between this terminal and a group, until the person leaves or the input ends. Sets exit code 1 when something
 * said could not be answered; throws `admin.closed` when the host goes away.
 */
export async function talk(cli: Cli, host: AdminClient, options: TalkOptions): Promise<void> {
  const attached = await host.call('chat.attach', { group: options.group });
  const notices = [...new Set([...attached.notices, ...options.notices])];
  if (options.once === undefined && !isPiped()) {
    const history = new History(join(cli.config.home, 'data', 'chat-history'));
    const terminal = { input: process.stdin, output: process.stdout };
    // Imported here: a service, and a pipe, need none of it.
    const { Interactive } = await import('./interactive.ts');
    await new Interactive(host, { attached, notices, history, terminal }).run();
    return;
  }
  if (options.once === undefined) cli.note(bannerLine(attached));
  for (const notice of notices) cli.note(notice);
  const piped: Piped = { cli, host, trigger: attached.trigger };
  const ok = options.once === undefined ? await answerAll(piped, process.stdin) : await answerOnce(piped, options.once);
  if (!ok) cli.failed();
}
