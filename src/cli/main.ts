// The command line. Exit codes: 0 done, 1 failed, 2 wrong usage, 3 the host is not running (yet), 130 a start was stopped.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { runCommand } from 'citty';
import { z } from 'zod';
import type { Starting } from '../../scripts/starting.mjs';
import { hasCode, NanoclawError, sentenceOf } from '../model/errors.ts';
import { Cli, usageError } from './cli.ts';
import { checkArguments, type Found, findCommand, rootCommand, usageOf } from './command.ts';

/** Runs one command line; sets `process.exitCode` and never throws. `checkout` is the directory NanoClaw lies in. */
export async function main(argv: readonly string[], options: { checkout: string; starting?: Starting }): Promise<void> {
  const cli = new Cli(options.checkout, options.starting);
  try {
    await run(cli, argv);
  } catch (error) {
    // That was said when it was asked for.
    if (!hasCode(error, 'host.stopped')) cli.note(`nanoclaw: ${sentenceOf(error)}`);
    if (!(error instanceof NanoclawError) && error instanceof Error && error.stack) cli.note(error.stack);
    process.exitCode = exitCodeOf(error);
  }
}

async function run(cli: Cli, argv: readonly string[]): Promise<void> {
  if (argv.length === 1 && ['--version', '-v'].includes(argv[0] ?? '')) {
    cli.out(versionOf(cli.checkout));
    return;
  }
  const found = await findCommand(await rootCommand(cli), ['nanoclaw'], argv);
  try {
    if (asksForHelp(found.rest) && found.unknown === undefined) {
      cli.out(await usageOf(found, process.stdout.isTTY));
      return;
    }
    await checkArguments(found);
    await runChecked(found);
  } catch (error) {
    if (hasCode(error, 'cli.usage')) cli.note(`${await usageOf(found, process.stderr.isTTY)}\n`);
    throw error;
  }
}

async function runChecked({ command, rest }: Found): Promise<void> {
  try {
    await runCommand(command, { rawArgs: [...rest] });
  } catch (error) {
    // citty's word for a missing or impossible argument.
    if (error instanceof Error && error.name === 'CLIError')
      throw usageError(stripVTControlCharacters(error.message).replace(/\.?$/, '.'));
    throw error;
  }
}

function asksForHelp(words: readonly string[]): boolean {
  const end = words.indexOf('--');
  return words.slice(0, end < 0 ? undefined : end).some((word) => word === '--help' || word === '-h');
}

function exitCodeOf(error: unknown): number {
  if (hasCode(error, 'cli.usage')) return 2;
  if (hasCode(error, 'host.stopped')) return 130;
  return hasCode(error, 'admin.not-running') || hasCode(error, 'host.starting') ? 3 : 1;
}

function versionOf(checkout: string): string {
  const manifest: unknown = JSON.parse(readFileSync(join(checkout, 'package.json'), 'utf8'));
  return z.object({ version: z.string() }).parse(manifest).version;
}
