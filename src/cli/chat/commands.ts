// What begins with a slash: which of it is meant for the host, and what a person may have meant.

export interface Command {
  readonly name: string;
  readonly description: string;
}

/** The terminal's own. */
const ownCommands: readonly Command[] = [
  { name: 'quit', description: 'Leave this terminal (also /exit, Ctrl-D)' },
  { name: 'exit', description: 'Leave this terminal' },
];

export const keyHelp = [
  'In this terminal:',
  '  Esc, Ctrl-C   stop the answer      Ctrl-D, /quit   leave',
  '  Alt-Enter, \\  break the line       Tab             complete a /command',
  '  ↑ ↓, Ctrl-R   what was typed       Ctrl-L          a clean screen',
];

export type Slash =
  | { readonly type: 'message' | 'leave' | 'command' | 'help' }
  | { readonly type: 'unknown'; readonly name: string; readonly nearest: string | undefined };

/** What a text is. One that begins with a blank is a message, whatever follows. */
export function slashOf(text: string, commands: readonly Command[]): Slash {
  const name = /^\/([a-z][a-z0-9_-]*)(?:@[\w.-]+)?(?:\s|$)/i.exec(text)?.[1]?.toLowerCase();
  if (name === undefined) return { type: 'message' };
  if (name === 'quit' || name === 'exit') return { type: 'leave' };
  if (name === 'help') return { type: 'help' };
  if (commands.some((one) => one.name === name)) return { type: 'command' };
  return { type: 'unknown', name, nearest: nearest(name, [...commands, ...ownCommands]) };
}

// What the model names are is the model's maker's; these stand for the newest of each kind.
const knownArguments = new Map([['model', ['default', 'haiku', 'opus', 'sonnet']]]);

/** All that the text before the cursor can become: whole commands, or whole commands with an argument. */
export function completions(text: string, commands: readonly Command[]): string[] {
  const [, name, blank, argument = ''] = /^\/([a-z0-9_-]*)( +)?(\S*)$/i.exec(text) ?? [];
  if (name === undefined) return [];
  if (blank === undefined) {
    const names = [...commands, ...ownCommands]
      .map((one) => one.name)
      .filter((one) => one.startsWith(name.toLowerCase()));
    return names.sort().map((one) => `/${one}`);
  }
  const known = knownArguments.get(name.toLowerCase()) ?? [];
  return known.filter((one) => one.startsWith(argument)).map((one) => `/${name} ${one}`);
}

/** What all of them begin with. */
export function commonStart(texts: readonly string[]): string {
  const [first = '', ...others] = texts;
  let length = first.length;
  for (const other of others) while (!other.startsWith(first.slice(0, length))) length -= 1;
  return first.slice(0, length);
}

function nearest(name: string, commands: readonly Command[]): string | undefined {
  const [best] = commands
    .map((one) => ({ name: one.name, far: distance(name, one.name) }))
    .filter(({ far, name: one }) => far <= Math.max(1, Math.floor(one.length / 2)))
    .sort((one, other) => one.far - other.far);
  return best?.name;
}

/** How many letters must be changed, added, left out or swapped with their neighbour. */
function distance(from: string, to: string): number {
  const rows = [Array.from({ length: to.length + 1 }, (_, index) => index)];
  const at = (row: number, column: number) => rows[row]?.[column] ?? Number.POSITIVE_INFINITY;
  for (let i = 1; i <= from.length; i += 1) {
    const row = [i];
    rows.push(row);
    for (let j = 1; j <= to.length; j += 1) {
      const same = from[i - 1] === to[j - 1] ? 0 : 1;
      const swapped = i > 1 && j > 1 && from[i - 1] === to[j - 2] && from[i - 2] === to[j - 1];
      row.push(
        Math.min(at(i - 1, j) + 1, (row[j - 1] ?? 0) + 1, at(i - 1, j - 1) + same, swapped ? at(i - 2, j - 2) + 1 : 99),
      );
    }
  }
  return at(from.length, to.length);
}
