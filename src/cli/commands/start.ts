import { fstatSync } from 'node:fs';
import path from 'node:path';
import { defineCommand } from 'citty';
import { stoppedWords } from '../../../scripts/stops.mjs';
import { type AdminClient, connectAdmin } from '../../admin/client.ts';
import { systemClock } from '../../lib/clock.ts';
import { hasCode, NanoclawError, systemCode } from '../../model/errors.ts';
import { isPiped, talk } from '../chat/talk.ts';
import type { Cli } from '../cli.ts';
import { endWithTerminal, hasTerminal, OwnHost, reasonsToStay, tellStep, untilUnneeded } from '../own-host.ts';
import { readableLog } from '../readable-log.ts';

/** A host that is done by then goes without a word. */
const farewellHintMs = 700;

export const command = (cli: Cli) =>
  defineCommand({
    meta: { name: 'start', description: 'Start the host, and chat with it in this terminal' },
    args: {
      chat: {
        type: 'boolean',
        default: true,
        description: 'Open a chat with the main group',
        negativeDescription: 'Run the host alone, in the foreground, as a service does',
      },
    },
    run: ({ args }) => start(cli, args.chat),
  });

async function start(cli: Cli, chat: boolean): Promise<void> {
  if (chat) requireInput();
  const running = await connectAdmin(cli.socketPath).catch((error: unknown) => {
    if (hasCode(error, 'admin.not-running')) return undefined;
    throw error;
  });
  if (running) {
    cli.started();
    return join(cli, running, chat);
  }
  if (chat && !isPiped()) return startBeside(cli);
  // Imported here: the other commands, and a start that only joins, need none of it.
  const { runHost } = await import('../../index.ts');
  const { preparerFor } = await import('../../../setup/prepare-runtime.ts');
  const note = (line: string) => cli.note(line);
  const progress = (step: string) => cli.progress.begin(step);
  const attended = hasTerminal() ? endWithTerminal() : undefined;
  const host = await runHost({
    checkout: cli.checkout,
    preparer: preparerFor({ checkout: cli.checkout, note, begin: hasTerminal() ? tellStep : progress }),
    onStopped: () => note(stoppedWords),
    echo: !chat && process.stderr.isTTY ? (line) => note(readableLog(line)) : undefined,
    // Listening to the terminal holds a process: one whose start failed would never end, and its terminal wait for ever.
  }).finally(() => attended?.[Symbol.dispose]());
  cli.started();
  try {
    if (chat) await talkWith(cli, await connectAdmin(host.socketPath), host.notices);
    else if (hasTerminal()) await Promise.race([untilUnneeded(host), host.ended]);
    else {
      sayThatItRuns(cli, host.notices);
      await host.ended;
    }
  } finally {
    using _hint = systemClock.after(farewellHintMs, () =>
      note('Stopping: running turns get up to 30 s. Press Ctrl-C to stop at once.'),
    );
    // Piped input is a run of its own: nothing of it stays behind.
    await host.stop(chat && isPiped());
    if (process.connected) process.disconnect?.();
  }
}

/** Neither a terminal nor lines from a pipe or a file: as with nohup, `</dev/null`, cron and systemd. */
function requireInput(): void {
  if (process.stdin.isTTY || hasLines()) return;
  throw new NanoclawError('start.no-terminal', 'There is no terminal here to chat in.', {
    cure: 'Start the host alone: ./nanoclaw start --no-chat. Or give it lines: echo hello | ./nanoclaw start.',
  });
}

function hasLines(): boolean {
  try {
    const input = fstatSync(0);
    return input.isFIFO() || input.isSocket() || input.isFile();
  } catch (error) {
    // Closed by whoever started us.
    if (systemCode(error) === 'EBADF') return false;
    throw error;
  }
}

function sayThatItRuns(cli: Cli, notices: readonly string[]): void {
  for (const notice of notices) cli.note(notice);
  const log = path.join(cli.config.home, 'logs', 'nanoclaw.log');
  cli.note(`The host is running (pid ${process.pid}). Log: ${log} (./nanoclaw logs -f). Stop it: ./nanoclaw stop.`);
}

/** The host as a process of its own, and a chat with it here. */
async function startBeside(cli: Cli): Promise<void> {
  const own = await OwnHost.start(cli);
  if (!own) return;
  cli.started();
  let unfinished = false;
  try {
    const host = await connectAdmin(cli.socketPath);
    unfinished = await talk(cli, host, { group: 'main', notices: own.notices }).finally(() => host.close());
  } finally {
    await farewell(cli, own, unfinished);
  }
}

async function farewell(cli: Cli, own: OwnHost, unfinished: boolean): Promise<void> {
  const reasons = await reasonsToStay(cli.socketPath);
  const next = unfinished ? ' The unfinished answer is shown when you come back.' : '';
  if (reasons.length > 0) {
    cli.note(`The host goes on for ${reasons.join(' and ')} (pid ${own.pid}). Stop it: ./nanoclaw stop.${next}`);
  } else if (unfinished) cli.note('The host ends when the answer is written; you see it when you come back.');
  own.leave();
  if (unfinished || reasons.length > 0) return;
  using _hint = systemClock.after(farewellHintMs, () =>
    cli.note('The host is stopping. Press Ctrl-C not to wait for it.'),
  );
  await own.ended();
}

async function join(cli: Cli, host: AdminClient, chat: boolean): Promise<void> {
  try {
    const { pid } = await host.call('status', {});
    if (!chat) {
      throw new NanoclawError('host.running', `A host is already running here (pid ${pid}).`, {
        cure: 'Stop it first: ./nanoclaw stop.',
      });
    }
    cli.note(`Joined the host that is already running (pid ${pid}).`);
    const unfinished = await talk(cli, host, { group: 'main', notices: [] });
    if (unfinished) cli.note('The unfinished answer is shown when you come back.');
  } finally {
    host.close();
  }
}

async function talkWith(cli: Cli, host: AdminClient, notices: readonly string[]): Promise<void> {
  try {
    await talk(cli, host, { group: 'main', notices });
  } finally {
    host.close();
  }
}
