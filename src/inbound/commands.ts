// What a person can ask of the host itself in a chat, answered at once and without a model. A command more is an entry
// more in `chatCommands`; platforms show the same list in their menus.
import { listTasks } from '../acts/list-tasks.ts';
import { setGroup } from '../acts/set-group.ts';
import { shorten } from '../text/shorten.ts';
import type { ChatCommand, CommandCall, CommandParts, CommandReply } from './command.ts';
import { heedsPairing, heedsStart, pairInChat, startInChat } from './pair-command.ts';
import { statusForPhone } from './status-words.ts';
import { usageInChat } from './usage-command.ts';
import { whyInChat } from './why-command.ts';

export const chatCommands: readonly ChatCommand[] = [
  { name: 'help', description: 'What you can ask of me', who: 'owner', run: help },
  { name: 'status', description: 'What runs here', who: 'owner', run: status },
  { name: 'stop', description: 'End what I am doing here', who: 'owner', run: stop },
  { name: 'new', description: 'Begin a new conversation', who: 'owner', run: begin },
  { name: 'model', description: 'Show or change the model', who: 'owner', run: model },
  { name: 'tasks', description: 'What is scheduled', who: 'owner', run: tasks },
  { name: 'usage', description: 'What was used, and what may still be', who: 'owner', run: usageInChat },
  { name: 'chatid', description: 'The id of this chat', who: 'owner', run: chatId },
  { name: 'why', description: 'What became of a message', who: 'owner', run: whyInChat },
  { name: 'pair', description: 'Become an owner by a code', who: 'anyone', heeds: heedsPairing, run: pairInChat },
];

/** Not in the list: platforms send it when somebody opens the chat for the first time, or follows a link with a code. */
const start: ChatCommand = {
  name: 'start',
  description: 'Say hello',
  who: 'anyone',
  alone: true,
  heeds: heedsStart,
  run: startInChat,
};

export interface FoundCommand {
  readonly command: ChatCommand;
  readonly argument: string;
  /** It names a bot (`/stop@andy_bot`): where several are, that may be another one. */
  readonly addressed: boolean;
}

/** The command a text is, in any case and with or without `@bot`; undefined when it is a message like any other. */
export function findCommand(text: string): FoundCommand | undefined {
  const match = written(text);
  const command = [...chatCommands, start].find((one) => one.name === match?.[1]?.toLowerCase());
  return command && { command, argument: (match?.[3] ?? '').trim(), addressed: match?.[2] !== undefined };
}

/**
 * What a text was perhaps meant to be that looks like a command and is none: a name of ours with one letter or two wrong, or
 * a single word that nobody would say to an agent (`nearest` undefined). Undefined for all else, paths and sentences.
 */
export function nearestTo(text: string): { readonly name: string; readonly nearest: string | undefined } | undefined {
  const match = written(text);
  const name = match?.[1]?.toLowerCase();
  if (!match || name === undefined || match[2] !== undefined) return undefined;
  const [nearest] = chatCommands
    .map((command) => ({ name: command.name, away: distance(name, command.name) }))
    .filter((one) => one.away <= (Math.min(one.name.length, name.length) > 4 ? 2 : 1))
    .sort((a, b) => a.away - b.away);
  if (nearest) return { name, nearest: nearest.name };
  return match[3] === undefined ? { name, nearest: undefined } : undefined;
}

function written(text: string): RegExpExecArray | null {
  return /^\/([a-z][a-z0-9_-]*)(@[\w.-]+)?(?:\s+([\s\S]*))?$/i.exec(text.trimEnd());
}

/** How many letters are wrong, missing, too many, or changed places (optimal string alignment). */
function distance(a: string, b: string): number {
  const rows: number[][] = [Array.from({ length: b.length + 1 }, (_, j) => j)];
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1];
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      row[j] = Math.min(
        (rows[i - 1]?.[j] ?? 0) + 1,
        (row[j - 1] ?? 0) + 1,
        (rows[i - 1]?.[j - 1] ?? 0) + (same ? 0 : 1),
        swapped ? (rows[i - 2]?.[j - 2] ?? 0) + 1 : Number.POSITIVE_INFINITY,
      );
    }
    rows.push(row);
  }
  return rows[a.length]?.[b.length] ?? 0;
}

function help(): string {
  const lines = chatCommands.map(({ name, description }) => `/${name} – ${description}`);
  return ['Write to me as to anybody. These I answer myself, at once:', ...lines].join('\n');
}

function status(parts: CommandParts, { group }: CommandCall): string {
  return group ? statusForPhone(parts.status(), group) : '';
}

/** A command stands for itself: what somebody said with it would be lost without a word. */
function unread(argument: string): string {
  if (argument === '') return '';
  return ` “${shorten(argument, 60).replaceAll('<', '‹')}” was not read: send it by itself.`;
}

function stop({ turns }: CommandParts, { place, argument }: CommandCall): CommandReply {
  const after = turns.stop(place);
  return { text: `${after ? 'Stopped.' : 'Nothing is running here.'}${unread(argument)}`, after };
}

function begin({ desk, turns }: CommandParts, { group, argument }: CommandCall): CommandReply {
  if (!group) return { text: '' };
  desk.store.sessions.forget(group.folder);
  const after = turns.renew(group.folder);
  const text = 'A new conversation begins with your next message. Files and notes are still there.';
  return { text: `${text}${unread(argument)}`, after };
}

/** As Anthropic names them, or the SDK's short words for the newest of each. */
const knownModel = /^(claude-[a-z0-9][\w.@-]*|opus|sonnet|haiku|opusplan)(\[1m\])?$/i;

function model({ desk, status: report }: CommandParts, { group, argument }: CommandCall): string {
  if (!group) return '';
  const fallback = report().model ?? 'the default';
  if (argument === '') {
    const now = group.model === undefined ? `${fallback} (the default)` : group.model;
    return `The model of this group: ${now}. \`/model NAME\` changes it, \`/model default\` forgets it.`;
  }
  const wanted = argument.toLowerCase() === 'default' ? 'default' : argument;
  const changed = setGroup(desk.store, { folder: group.folder, now: desk.clock.now(), model: wanted });
  const now = `From the next message on: ${changed.model ?? fallback}.`;
  if (changed.model === undefined || knownModel.test(changed.model)) return now;
  return `${now} I do not know that name, so it is tried with your next message; \`/model default\` goes back.`;
}

function tasks({ desk }: CommandParts, { group }: CommandCall): string {
  if (!group) return '';
  // What is quoted must be seen whatever it says: nothing in it may look like a tag that hides the rest.
  const lines = listTasks(desk, group, { promptUnits: 80 }).map((line) => `- ${line.replaceAll('<', '‹')}`);
  return lines.join('\n') || 'Nothing is scheduled. Ask me for something “every morning at 7” or “in two hours”.';
}

function chatId(_parts: CommandParts, { place }: CommandCall): string {
  const thread = place.thread === undefined ? '' : `, thread \`${place.thread}\``;
  return `This chat is \`${place.jid}\`${thread}.`;
}
