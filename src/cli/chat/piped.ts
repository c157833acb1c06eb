// The chat of programs: a line in, its answers out. Standard output carries answers and nothing else.
import type { Readable } from 'node:stream';
import { adminLineLimit } from '../../../protocol/admin.ts';
import type { AdminClient } from '../../admin/client.ts';
import { hasCode, NanoclawError, sentenceOf } from '../../model/errors.ts';
import { formatPlain } from '../../text/format/plain.ts';
import { linesOf } from '../../text/lines.ts';
import type { Cli } from '../cli.ts';
import type { Attached } from './banner.ts';

export interface Piped {
  readonly cli: Cli;
  readonly host: AdminClient;
  /** What wakes the group. */
  readonly trigger: string;
}

/** Says each line when the one before is settled. False when one could not be said or was given up. */
export async function answerAll(piped: Piped, input: Readable): Promise<boolean> {
  const { cli, host } = piped;
  const lines = linesOf(input, adminLineLimit);
  // Without this a host that dies between two lines would be noticed at the next one, which may never come.
  const gone = host.closed.then(() => 'gone' as const);
  let ok = true;
  try {
    for (let number = 1; !cli.outputGone.aborted; number++) {
      const next = await Promise.race([lines.next(), gone]);
      if (next === 'gone') throw hostGone();
      if (next.done) break;
      ok = (next.value.type === 'line' ? await sayLine(piped, next.value.text, number) : refuse(piped, number)) && ok;
    }
  } finally {
    input.destroy();
  }
  return ok;
}

export async function answerOnce(piped: Piped, text: string): Promise<boolean> {
  return await say(piped, text);
}

async function sayLine(piped: Piped, text: string, number: number): Promise<boolean> {
  if (text.trim() === '') return true;
  try {
    return await say(piped, text);
  } catch (error) {
    if (!hasCode(error, 'admin.too-long')) throw error;
    piped.cli.note(`Line ${number} was not sent. ${sentenceOf(error)}`);
    return false;
  }
}

async function say({ cli, host, trigger }: Piped, text: string): Promise<boolean> {
  const { message } = await host.call('chat.say', { text });
  // Whoever does not read our answers any more is not waited for.
  const unread = new Promise<{ state: 'unread' }>((resolve) => {
    cli.outputGone.addEventListener('abort', () => resolve({ state: 'unread' }), { once: true });
  });
  const { state } = await Promise.race([host.call('chat.settled', { message }), unread]);
  if (state === 'kept') cli.note(`${message} was kept without an answer: begin with ${trigger} to wake the group.`);
  if (state === 'dead') cli.note(`${message} could not be answered. To see why: ./nanoclaw why ${message}`);
  if (state === 'held') cli.note(`${message} waits for something to be fixed: ./nanoclaw status says what.`);
  if (state === 'waiting') {
    cli.note(`${message} is not answered yet: it waits, and is answered once the cause is gone and the host runs.`);
  }
  return state !== 'dead' && state !== 'held' && state !== 'waiting';
}

/** A table wider than a usual screen is written as lines. */
const pipeWidth = 80;

function refuse({ cli }: Piped, number: number): boolean {
  const most = adminLineLimit / 1024 / 1024;
  cli.note(`Line ${number} was not sent: it is longer than ${most} MB. Put it into a file and name the file.`);
  return false;
}

/** What is said in the chat, printed from `begin` on. */
export interface Answers extends Disposable {
  begin(attached: Attached): void;
}

/** An answer to what was asked before, which nobody was there to read, is no answer to one of our lines. */
export function pipedAnswers(cli: Cli, host: AdminClient): Answers {
  return printAnswers(host, (text, { attached, key }) => {
    if (!attached.unread.includes(key)) return cli.deliver(readable(text));
    cli.note(`Answered before, and not read: ${readable(text)}`);
    return Promise.resolve();
  });
}

function readable(markdown: string): string {
  return formatPlain(markdown, { tableWidth: pipeWidth });
}

/** A message counts as delivered when `print` has resolved. */
export function printAnswers(
  host: AdminClient,
  print: (text: string, about: { attached: Attached; key: string }) => Promise<void>,
): Answers {
  let begin: (attached: Attached) => void = () => undefined;
  const begun = new Promise<Attached>((resolve) => {
    begin = resolve;
  });
  const listening = host.onEvent(async (event) => {
    if (event.event === 'message') await print(event.text, { attached: await begun, key: event.key });
  });
  return { begin, [Symbol.dispose]: () => listening[Symbol.dispose]() };
}

export function hostGone(): NanoclawError {
  return new NanoclawError('admin.closed', 'The host has gone away.', {
    cure: 'logs/nanoclaw.log says why; start it again: ./nanoclaw start.',
  });
}
