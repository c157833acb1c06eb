import type { Message } from '../model/message.ts';
import { messageName } from '../model/message.ts';
import type { SaidPart } from '../store/history.ts';
import { oneLine, shorten } from '../text/shorten.ts';
import type { ExplainedAttempt, Explanation } from './explain-message.ts';
import { lateness } from './task-words.ts';

/** The same in plain lines, for a person. Times are told in `timeZone`; `now` decides what is still to come. */
export function explainInWords(told: Explanation, { timeZone, now }: { timeZone: string; now: number }): string[] {
  const times = new Intl.DateTimeFormat('sv-SE', { dateStyle: 'short', timeStyle: 'medium', timeZone });
  const at = (instant: number) => times.format(instant);
  return [
    `${told.id}: ${quote(told.message.text)}`,
    `${origin(told.message)}, ${at(told.message.sentAt)}`,
    ...scheduled(told, at),
    decided(told),
    ...standing(told, { at, now }),
    ...told.attempts.flatMap((attempt, n) => tried(attempt, { n: n + 1, at })),
    ...told.said.map(said),
  ];
}

function origin(message: Message): string {
  const where = message.thread === undefined ? message.jid : `${message.jid}, thread ${message.thread}`;
  if (message.direction === 'out') return `said by me in ${where}`;
  return `from ${oneLine(message.senderName)} (${oneLine(message.senderId)}, ${message.role}) in ${where}`;
}

function scheduled({ run }: Explanation, at: (instant: number) => string): string[] {
  if (!run) return [];
  const detail = run.detail === undefined ? '' : `: ${oneLine(run.detail)}`;
  const state = run.state === 'open' ? 'still going on' : `${run.state}${detail}`;
  return [`A run of the schedule ${run.taskId}, due ${at(run.dueAt)}${lateness(run)}; ${state}.`];
}

function decided({ decision, message }: Explanation): string {
  const edit = message.kind === 'edit' ? editOf(message) : '';
  switch (decision.type) {
    case 'woke':
      return `${edit}It woke the group.`;
    case 'context':
      return `${edit}It was kept as context: it wakes nobody and is read with the next message that does.`;
    case 'command':
      return 'It was a command; I answered it myself, without the model.';
    case 'stored':
      return `${edit}It was stored and given to nobody.`;
    case 'replaced':
      return `Its edit ${decision.by} took its place before it was read.`;
    case 'forgotten':
      return 'I said it; what it was about is no longer kept.';
    case 'ours':
      return decision.answers.length > 0
        ? `It belongs to the answer to ${decision.answers.join(', ')}.`
        : 'It is a notice of mine, or was said without being asked.';
  }
}

function editOf({ original }: Message): string {
  return original === undefined ? 'An edit of a message I do not have. ' : `An edit of ${messageName(original)}. `;
}

function standing(
  { inbox, decision, attempts }: Explanation,
  { at, now }: { at: (instant: number) => string; now: number },
): string[] {
  // Context that waits was told of already.
  if (!inbox || (decision.type === 'context' && inbox.state === 'waiting')) return [];
  const group = `Group ${inbox.group}`;
  switch (inbox.state) {
    case 'waiting': {
      const cause = inbox.cause === undefined ? '' : ` because of: ${inbox.cause}`;
      const failed = inbox.attempts === 0 ? '' : `; failed attempts: ${inbox.attempts}`;
      return [`${group}: it waits${cause}${failed}${nextTry(inbox.nextAttemptAt, { at, now })}.`];
    }
    case 'claimed':
      return [`${group}: a turn works on it now.`];
    case 'done':
      if (attempts.length > 0) return [`${group}: done.`];
      return [`${group}: it was stopped before an agent read it, and is not answered.`];
    case 'dead':
      return [`${group}: given up.`];
  }
}

function nextTry(next: number | undefined, { at, now }: { at: (instant: number) => string; now: number }): string {
  if (next === undefined) return '; tried again after a restart or with the next message';
  return next > now ? `; next try ${at(next)}` : '';
}

function tried(attempt: ExplainedAttempt, { n, at }: { n: number; at: (instant: number) => string }): string[] {
  const run = attempt.run === null ? 'no container yet' : `run ${attempt.run.slice(0, 8)}`;
  const end = attempt.endedAt === null ? 'still going on' : `until ${at(attempt.endedAt)}`;
  const why = [attempt.cause, attempt.error].filter((one) => one !== null).map(oneLine);
  const because = why.length > 0 ? ` (${why.join(': ')})` : '';
  return [
    `Attempt ${n}: turn ${attempt.turn.slice(0, 8)}, ${run}, ${attempt.state}${because}, from ${at(attempt.startedAt)} ${end}`,
    ...attempt.results.map(({ status, usage }) => {
      if (!usage) return `  result: ${status}`;
      const cached = usage.cacheReadTokens + usage.cacheWriteTokens;
      return `  result: ${status}, ${usage.inputTokens + cached} tokens in (${cached} by way of the cache), ${usage.outputTokens} out, about $${usage.costUsd.toFixed(4)}`;
    }),
  ];
}

function said(row: SaidPart): string {
  const part = row.parts > 1 ? ` (part ${row.part} of ${row.parts})` : '';
  const tries = row.state === 'sent' ? '' : `, ${row.tries} ${row.tries === 1 ? 'try' : 'tries'}`;
  const platform = row.platformId === null ? '' : `, platform id ${oneLine(row.platformId)}`;
  const error = row.error === null || row.state === 'sent' ? '' : `: ${oneLine(row.error)}`;
  return `Said${part}, ${row.state}${tries}${platform}${error}: ${quote(row.text)}`;
}

function quote(text: string): string {
  return `“${shorten(text, 80)}”`;
}
