import { quoteQuestion } from '../acts/ask-question.ts';
import type { Egress } from '../model/group.ts';
import { type Attachment, type Message, messageName, questionName } from '../model/message.ts';
import { mostMissed, type TaskRun } from '../model/task.ts';
import type { Question } from '../store/questions.ts';
import { cutAt } from '../text/shorten.ts';

export interface PromptOptions {
  /** IANA zone in which times are told. */
  readonly timeZone: string;
  readonly now: number;
  /** What the agent reaches now: a session that goes on keeps the instructions it began with. */
  readonly egress: Egress;
  /** Older context messages that did not fit. */
  readonly omitted: number;
  /** Set when an earlier attempt at these messages failed: what it had already sent. */
  readonly earlier: { readonly said: readonly string[] } | undefined;
  /** What was said before a new conversation was begun for this group, oldest first. */
  readonly recalled?: readonly Message[];
  /** What the group's agent said and no channel would take. */
  readonly undelivered?: readonly Undelivered[];
}

export interface Undelivered {
  readonly jid: string;
  readonly text: string;
  readonly why: string;
}

const networks = { 'llm-only': 'model only', allowlist: 'allowed addresses', 'open-public': 'public web' } as const;

/** Enough of a lost message to know it again. */
const quoteUnits = 300;

/** A message with what came with it. */
export interface PromptMessage extends Message {
  readonly attachments?: readonly Attachment[];
  /** Set when no person said it: a schedule did. */
  readonly task?: Pick<TaskRun, 'taskId' | 'dueAt' | 'missed'>;
  /** The question it answered, or whose end it tells. */
  readonly question?: Question | undefined;
}

/** What the agent reads: waiting messages as XML, one node each whatever they contain (contract §9). */
export function writePrompt(messages: readonly PromptMessage[], options: PromptOptions): string {
  // Made once: a formatter costs more than all the rest of a prompt.
  const times = new Intl.DateTimeFormat('en-US', {
    timeZone: options.timeZone,
    dateStyle: 'medium',
    timeStyle: 'short',
  });
  const lines = [
    `<context timezone="${attribute(options.timeZone)}" now="${instant(options.now, options.timeZone)}" network="${networks[options.egress]}" />`,
    ...recalled(options.recalled ?? [], times),
    ...(options.earlier ? [earlierAttempt(options.earlier.said)] : []),
    ...(options.undelivered ?? []).map(undelivered),
    options.omitted > 0 ? `<messages omitted_older="${options.omitted}">` : '<messages>',
    ...messages.map((message) => (message.task ? taskNode(message.text, message.task, options) : node(message, times))),
    '</messages>',
  ];
  return lines.join('\n');
}

function node(message: PromptMessage, times: Intl.DateTimeFormat): string {
  const attributes = [
    `id="${messageName(message.seq)}"`,
    `sender="${attribute(message.senderName)}"`,
    `role="${message.role}"`,
    `time="${attribute(clockTime(message.sentAt, times))}"`,
    ...(message.thread === undefined ? [] : [`thread="${attribute(message.thread)}"`]),
    ...(message.kind === 'edit'
      ? [`edited="${message.original === undefined ? 'unknown' : messageName(message.original)}"`]
      : []),
    ...answered(message),
    ...(message.replyTo ? [`reply_to="${attribute(message.replyTo.id)}"`] : []),
  ];
  const attachments = message.attachments ?? [];
  const files = attachments
    .filter((file) => !file.quoted)
    .map(attached)
    .join('');
  const quotedFiles = attachments
    .filter((file) => file.quoted)
    .map(attached)
    .join('');
  return `<message ${attributes.join(' ')}>${quoted(message, quotedFiles)}${files}${content(message.text)}</message>`;
}

/** Less than this nobody calls late. */
const lateMs = 60_000;
const taskNote =
  'Your schedule wrote this; nobody is waiting at the other end. Your final answer is sent to this chat; one that is empty or all internal is not.';

function taskNode(
  prompt: string,
  { taskId, dueAt, missed }: NonNullable<PromptMessage['task']>,
  { now, timeZone }: PromptOptions,
): string {
  const attributes = [
    `id="${attribute(taskId)}"`,
    `scheduled="${instant(dueAt, timeZone)}"`,
    ...(now - dueAt < lateMs ? [] : [`late="${span(now - dueAt)}"`]),
    ...(missed === 0 ? [] : [`missed="${missed >= mostMissed ? `${mostMissed} or more` : missed}"`]),
    `note="${taskNote}"`,
  ];
  return `<task ${attributes.join(' ')}>${content(prompt)}</task>`;
}

/** `2 h 10 min`, the two largest units. */
function span(ms: number): string {
  const minutes = Math.floor(ms / 60_000);
  const parts = [
    { count: Math.floor(minutes / 1440), unit: 'd' },
    { count: Math.floor(minutes / 60) % 24, unit: 'h' },
    { count: minutes % 60, unit: 'min' },
  ];
  const first = parts.findIndex(({ count }) => count > 0);
  const told = parts.slice(first, first + 2).filter(({ count }) => count > 0);
  return told.map(({ count, unit }) => `${count} ${unit}`).join(' ');
}

function answered({ question, text }: PromptMessage): string[] {
  if (!question) return [];
  const name = questionName(question.id);
  if (question.state !== 'answered') return [`unanswered="${name}"`];
  const chosen = question.answer === undefined || question.answer === text ? [] : [question.answer];
  return [
    `answers="${name}"`,
    `question="${attribute(quoteQuestion(question))}"`,
    ...chosen.map((answer) => `answer="${attribute(answer)}"`),
  ];
}

function attached(file: Attachment): string {
  const path = `/workspace/group/${file.path}`;
  const why = {
    ready: undefined,
    pending: 'Still being fetched. Look at its path again later.',
    failed: file.error ?? 'It could not be fetched.',
  }[file.state];
  const attributes = Object.entries({
    kind: file.kind,
    state: why === undefined ? undefined : file.state,
    path: file.state === 'failed' ? undefined : path,
    name: file.name,
    mime: file.mime,
    size: file.size,
    reason: why,
  }).flatMap(([name, value]) => (value === undefined ? [] : [`${name}="${attribute(String(value))}"`]));
  return `<attachment ${attributes.join(' ')} />`;
}

function quoted({ replyTo }: Message, files: string): string {
  if (!replyTo || (replyTo.text === undefined && files === '')) return '';
  return `<quoted_message from="${attribute(replyTo.sender ?? 'unknown')}">${files}${content(replyTo.text ?? '')}</quoted_message>`;
}

function earlierAttempt(said: readonly string[]): string {
  const sent = said.map((text) => `<sent>${content(text)}</sent>`).join('');
  return `<earlier_attempt note="You began to answer these messages before and were cut off. Commands you ran may have taken effect: look before you repeat them. Do not send again what was sent.">${sent}</earlier_attempt>`;
}

/** Of one message, and of all of them: enough to go on with a conversation. */
const recalledUnits = { each: 1_000, all: 12_000 };

function recalled(messages: readonly Message[], times: Intl.DateTimeFormat): string[] {
  const lines: string[] = [];
  let left = recalledUnits.all;
  for (const { seq, jid, direction, senderName, sentAt, text } of messages.toReversed()) {
    const words = text.length > recalledUnits.each ? `${text.slice(0, recalledUnits.each)}…` : text;
    left -= words.length;
    if (left < 0) break;
    const from = direction === 'out' ? 'you' : senderName;
    const time = attribute(clockTime(sentAt, times));
    lines.unshift(
      `<said id="${messageName(seq)}" chat="${attribute(jid)}" by="${attribute(from)}" time="${time}">${content(words)}</said>`,
    );
  }
  if (lines.length === 0) return [];
  const note =
    'Our earlier conversation could not be continued. This was said lately, and is answered: only to be known.';
  return [`<earlier_conversation note="${note}">`, ...lines, '</earlier_conversation>'];
}

function undelivered({ jid, text, why }: Undelivered): string {
  const words = text.length > quoteUnits ? `${cutAt(text, quoteUnits)}…` : text;
  return `<undelivered chat="${attribute(jid)}" why="${attribute(why)}" note="This message of yours never arrived.">${content(words)}</undelivered>`;
}

/** `2026-11-22T14:05+01:00`: local time with its offset. */
function instant(at: number, timeZone: string): string {
  const parts = new Map(
    new Intl.DateTimeFormat('en-CA', {
      timeZone,
      year: 'numeric',
      month: '2-digit',
      day: '2-digit',
      hour: '2-digit',
      minute: '2-digit',
      hourCycle: 'h23',
      timeZoneName: 'longOffset',
    })
      .formatToParts(at)
      .map(({ type, value }) => [type, value]),
  );
  const part = (type: Intl.DateTimeFormatPartTypes) => parts.get(type) ?? '';
  const offset = part('timeZoneName').replace('GMT', '') || '+00:00';
  return `${part('year')}-${part('month')}-${part('day')}T${part('hour')}:${part('minute')}${offset}`;
}

/** `Nov 22, 2026, 2:05 PM`, v1's form. */
function clockTime(at: number, times: Intl.DateTimeFormat): string {
  // A platform can say anything; dates end 273,000 years from here.
  if (Number.isNaN(new Date(at).getTime())) return 'unknown';
  // Newer ICU puts a narrow no-break space before PM.
  return times.format(at).replace(/\u202f/g, ' ');
}

function content(text: string): string {
  return escapeXml(
    text
      .toWellFormed()
      .replace(/\r\n?/g, '\n')
      .replace(/(?![\n\t])[\p{Cc}\ufffe\uffff]/gu, ''),
  );
}

// Bidirectional overrides could make a name read as another one; joiners stay, names in many scripts need them.
function attribute(text: string): string {
  const flat = text.toWellFormed().replace(/[\r\n\t]+/g, ' ');
  return escapeXml(flat.replace(/[\p{Cc}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ufffe\uffff]/gu, ''));
}

// `@` too: the SDK would expand @path before the model sees it.
function escapeXml(text: string): string {
  return text
    .replace(/&/g, '&amp;')
    .replace(/</g, '&lt;')
    .replace(/>/g, '&gt;')
    .replace(/"/g, '&quot;')
    .replace(/@/g, '&#64;');
}
