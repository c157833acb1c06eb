// The chat of a person at a terminal that shows text and obeys nothing: a line in, answers out, nothing is ever redrawn.
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import type { AdminClient } from '../../admin/client.ts';
import { hasCode, sentenceOf } from '../../model/errors.ts';
import { formatTerminal } from '../../text/format/terminal.ts';
import type { Cli } from '../cli.ts';
import type { Attached } from './banner.ts';
import { slashOf } from './commands.ts';
import { type Answers, hostGone, printAnswers } from './piped.ts';

export interface Plain {
  readonly cli: Cli;
  readonly host: AdminClient;
  readonly attached: Attached;
}

export function plainAnswers(cli: Cli, host: AdminClient): Answers {
  return printAnswers(host, (text, { attached }) => {
    const lines = formatTerminal(text, { width: process.stdout.columns || 80, color: false });
    return cli.deliver(`${attached.assistantName}: ${lines}`);
  });
}

/** Until the input ends or the person leaves. True when an answer was still on its way then. */
export async function plainChat({ cli, host, attached }: Plain, input: Readable): Promise<boolean> {
  const lines = createInterface({ input, terminal: false });
  let asked = 0;
  const say = async (text: string) => {
    asked += 1;
    try {
      const { message } = await host.call('chat.say', { text });
      const { state } = await host.call('chat.settled', { message });
      if (state === 'kept') cli.note(`Kept, not answered: begin with ${attached.trigger} to wake the group.`);
    } catch (error) {
      if (!hasCode(error, 'admin.closed')) cli.note(sentenceOf(error));
    }
    asked -= 1;
  };
  const left = new Promise<'left'>((resolve) => lines.once('close', () => resolve('left')));
  lines.on('line', (text) => {
    const slash = slashOf(text, attached.commands);
    if (slash.type === 'leave') lines.close();
    else if (slash.type === 'unknown') cli.note(`There is no /${slash.name}. See /help.`);
    else if (text.trim() !== '') void say(text);
  });
  const end = await Promise.race([left, host.closed]);
  lines.close();
  if (end !== 'left') throw hostGone();
  return asked > 0;
}
