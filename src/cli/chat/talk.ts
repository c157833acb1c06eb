import { join } from 'node:path';
import { type AdminClient, connectAdmin } from '../../admin/client.ts';
import { isDumbTerminal } from '../../config.ts';
import type { Cli } from '../cli.ts';
import { bannerLine } from './banner.ts';
import { History } from './history.ts';
import { answerAll, answerOnce, type Piped, pipedAnswers } from './piped.ts';
import { plainAnswers, plainChat } from './plain.ts';

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
 * A chat between this terminal and a group, until the person leaves or the input ends. True when an answer was still on
 * its way then. Sets exit code 1 when something said could not be answered; throws `admin.closed` when the host goes away
 * and nobody is there to wait for it.
 */
export async function talk(cli: Cli, host: AdminClient, options: TalkOptions): Promise<boolean> {
  const { group, once } = options;
  if (once === undefined && !isPiped() && !isDumbTerminal()) {
    const history = new History(join(cli.config.home, 'data', 'chat-history'));
    const seat = { group, connect: () => connectAdmin(cli.socketPath) };
    const terminal = { input: process.stdin, output: process.stdout };
    // Imported here: a service, and a pipe, need none of it.
    const { Interactive } = await import('./interactive.ts');
    return new Interactive({ seat, history, terminal, notices: options.notices }).run(host);
  }
  const heard = once === undefined && !isPiped() ? plainAnswers(cli, host) : pipedAnswers(cli, host);
  using _heard = heard;
  const attached = await host.call('chat.attach', { group });
  heard.begin(attached);
  if (once === undefined) cli.note(bannerLine(attached));
  for (const notice of new Set([...attached.notices, ...options.notices])) cli.note(notice);
  if (once === undefined && !isPiped()) return await plainChat({ cli, host, attached }, process.stdin);
  const piped: Piped = { cli, host, trigger: attached.trigger };
  const ok = once === undefined ? await answerAll(piped, process.stdin) : await answerOnce(piped, once);
  if (!ok) cli.failed();
  return false;
}
