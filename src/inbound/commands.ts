// What a person can ask of the host itself in a chat, answered at once and without a model. A command more is an entry
// more in `chatCommands`; platforms show the same list in their menus.
import { listTasks } from '../acts/list-tasks.ts';
import { setGroup } from '../acts/set-group.ts';
import type { ChatCommand, CommandCall, CommandParts } from './command.ts';
import { heedsPairing, pairInChat } from './pair-command.ts';
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

export interface FoundCommand {
  readonly command: ChatCommand;
  readonly argument: string;
  /** It names a bot (`/stop@andy_bot`): where several are, that may be another one. */
  readonly addressed: boolean;
}

/** The command a text is, in any case and with or without `@bot`; undefined when it is a message like any other. */
export function findCommand(text: string): FoundCommand | undefined {
  const match = /^\/([a-z][a-z0-9_-]*)(@[\w.-]+)?(?:\s+([\s\S]*))?$/i.exec(text.trimEnd());
  const command = chatCommands.find((one) => one.name === match?.[1]?.toLowerCase());
  return command && { command, argument: (match?.[3] ?? '').trim(), addressed: match?.[2] !== undefined };
}

function help(): string {
  const lines = chatCommands.map(({ name, description }) => `/${name} – ${description}`);
  return ['Write to me as to anybody. These I answer myself, at once:', ...lines].join('\n');
}

function status(parts: CommandParts, { group }: CommandCall): string {
  return group ? statusForPhone(parts.status(), group) : '';
}

function stop({ turns }: CommandParts, { place }: CommandCall): string {
  return turns.stop(place) ? 'Stopped.' : 'Nothing is running here.';
}

function begin({ desk, turns }: CommandParts, { group }: CommandCall): string {
  if (!group) return '';
  desk.store.sessions.forget(group.folder);
  turns.renew(group.folder);
  return 'A new conversation begins with your next message. Files and notes are still there.';
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
