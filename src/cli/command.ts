import { readdir } from 'node:fs/promises';
import { extname } from 'node:path';
import { parseArgs, stripVTControlCharacters } from 'node:util';
import { type ArgsDef, type CommandDef, defineCommand, type Resolvable, renderUsage, type SubCommandsDef } from 'citty';
import { type Cli, usageError } from './cli.ts';

/** What each file in commands/ exports as `command`. */
export type MakeCommand = (cli: Cli) => CommandDef;

/** A command found on the line. */
export interface Found {
  readonly command: CommandDef;
  /** The words that led to it: `nanoclaw groups add`. */
  readonly path: readonly string[];
  readonly rest: readonly string[];
  /** A word that should have named a command of this one and does not. */
  readonly unknown?: string;
}

/** `nanoclaw` itself; each command is loaded when it is asked for. */
export async function rootCommand(cli: Cli): Promise<CommandDef> {
  const here = new URL('./commands/', import.meta.url);
  const own = extname(import.meta.url);
  const files = (await readdir(here)).filter((file) => extname(file) === own && !/\.(test|d)\.ts$/.test(file)).sort();
  const subCommands: SubCommandsDef = {};
  for (const file of files) {
    subCommands[file.slice(0, -own.length)] = async () => {
      const loaded: unknown = await import(new URL(file, here).href);
      if (!isCommandModule(loaded)) throw new Error(`src/cli/commands/${file} does not export a command`);
      return loaded.command(cli);
    };
  }
  return defineCommand({
    meta: { name: 'nanoclaw', description: 'A personal assistant on your own machine' },
    subCommands,
  });
}

/** Follows the words of the line as far as they name commands. */
export async function findCommand(
  command: CommandDef,
  path: readonly string[],
  rest: readonly string[],
): Promise<Found> {
  const [name, ...after] = rest;
  const children = await resolve(command.subCommands);
  if (!children || name === undefined || name.startsWith('-')) return { command, path, rest };
  const child = Object.hasOwn(children, name) ? await resolve(children[name]) : undefined;
  return child ? findCommand(child, [...path, name], after) : { command, path, rest, unknown: name };
}

export async function usageOf({ command, path }: Found, color: boolean): Promise<string> {
  // citty takes the words before the last one from a parent.
  const parent = defineCommand({ meta: { name: path.slice(0, -1).join(' ') } });
  const usage = (await renderUsage(command, parent)).replace(/ +$/gm, '').trimEnd();
  return color ? usage : stripVTControlCharacters(usage);
}

/** citty lets unknown flags and superfluous words pass; we do not. Throws `cli.usage`. */
export async function checkArguments({ command, path, rest, unknown }: Found): Promise<void> {
  if (unknown !== undefined) throw usageError(`There is no command "${[...path.slice(1), unknown].join(' ')}".`);
  if (!command.run) throw usageError('No command was given.');
  const declared: ArgsDef = (await resolve(command.args)) ?? {};
  const options: Record<string, { type: 'boolean' | 'string'; short?: string }> = {};
  let places = 0;
  for (const [name, arg] of Object.entries(declared)) {
    if (arg.type === 'positional') {
      places += 1;
      continue;
    }
    const boolean = arg.type === 'boolean';
    const short = 'alias' in arg && typeof arg.alias === 'string' && arg.alias.length === 1 ? { short: arg.alias } : {};
    options[name] = { type: boolean ? 'boolean' : 'string', ...short };
    if (boolean && arg.default === true) options[`no-${name}`] = { type: 'boolean' };
  }
  const parsed = parseStrictly([...rest], options);
  const extra = parsed[places];
  if (extra !== undefined) throw usageError(`Unexpected argument "${extra}".`);
}

function parseStrictly(args: string[], options: Record<string, { type: 'boolean' | 'string' }>): string[] {
  try {
    return parseArgs({ args, options, allowPositionals: true, strict: true }).positionals;
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    // Node explains how to pass such a word as a positional, which no command wants.
    const [sentence] = error.message.split(/\. To specify a positional|\n/);
    throw usageError(sentence?.replace(/\.?$/, '.') ?? error.message);
  }
}

async function resolve<T>(value: Resolvable<T> | undefined): Promise<T | undefined> {
  return value instanceof Function ? await value() : await value;
}

function isCommandModule(value: unknown): value is { command: MakeCommand } {
  return typeof value === 'object' && value !== null && 'command' in value && typeof value.command === 'function';
}
