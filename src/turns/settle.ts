import { closeStreams } from '../acts/close-streams.ts';
import { finishTaskRun } from '../acts/finish-task-run.ts';
import { postMessage, type Said } from '../acts/post-message.ts';
import { forgetSession, renewSession } from '../acts/run-facts.ts';
import { tellMain } from '../acts/tell-main.ts';
import { backoffMs } from '../lib/backoff.ts';
import type { Place } from '../model/chat.ts';
import { messageName } from '../model/message.ts';
import type { InboxRow, Retry } from '../store/inbox.ts';
import type { InputRow, TurnRow } from '../store/turns.ts';
import { shorten } from '../text/shorten.ts';
import type { SayParts } from './accept-result.ts';
import { causeText, type Failure, type Held, maxAttempts, maxClaims, retryAt } from './causes.ts';
import { cleaned } from './evidence.ts';
import { takeEyesOff } from './eyes.ts';
import { failureOfResult } from './failures.ts';
import type { TurnParts } from './parts.ts';
import { remedyFor } from './spoilt-session.ts';
import { settleStopped } from './stop-turn.ts';
import { nameOfTask, taskOf } from './task-row.ts';

/**
 * Ends a turn. Rows whose input a result answered are done already; the others wait again or are given up, and their
 * chat is told in one line; what a person stopped is done. `otherwise` is why, for inputs that no result named. One transaction.
 */
export function endTurn(parts: SayParts, turn: TurnRow, otherwise: Failure): void {
  const { store, clock } = parts;
  store.transaction(() => {
    settleStopped(parts, turn);
    const inputs = store.turns.inputs(turn.id).filter((input) => input.kind === 'message');
    const unanswered = inputs.filter((input) => input.state !== 'answered');
    const lost = unanswered.map((input) => ({ input, failure: failureOf(parts, turn, input) ?? otherwise }));
    for (const one of judged(parts, turn, lost)) giveBack(parts, turn, one);
    const ended = lost.at(-1)?.failure;
    const known = inputs.some((input) => input.taken === 1 || input.state === 'answered');
    const traces = known || store.turns.hasResults(turn.id) || hasSpoken(parts, turn.id);
    if (!traces && ended && (ended.type === 'ours' || ended.type === 'outside')) store.turns.discard(turn.id);
    else store.turns.end(turn.id, ended ? endOf(ended) : { state: 'done' }, clock.now());
    closeStreams(parts.desk);
  });
}

interface Lost {
  readonly input: InputRow;
  readonly failure: Failure;
}

/** The failures of a turn as they count: what is at its end is so only where no other conversation can help it. */
function judged(parts: SayParts, turn: TurnRow, lost: readonly Lost[]): Lost[] {
  const aside = (one: Lost) => taskModeOf(parts, turn, one.input) === 'isolated';
  const refused = lost.find((one) => one.failure.type === 'ends' && !aside(one));
  if (refused?.failure.type !== 'ends') return [...lost];
  const remedy = remedyFor(parts, turn.group_folder, refused.failure);
  if (remedy === 'end-fresh') forgetSession(parts.store, turn.group_folder);
  if (remedy === 'renew' || remedy === 'end-renewed') renewSession(parts.store, turn.group_folder);
  if (remedy === 'renew') tellRenewed(parts, turn);
  return lost.map((one) => {
    if (one.failure.type !== 'ends' || aside(one)) return one;
    // What came while it was worked on may have met the end of another one: it is asked by itself.
    const alone = remedy !== 'again' && remedy !== 'renew' && one === refused;
    return alone ? one : { ...one, failure: { type: 'ours' } };
  });
}

function taskModeOf({ store }: SayParts, turn: TurnRow, input: InputRow): 'group' | 'isolated' | undefined {
  const row = store.inbox.claimedBy(turn.id).find(({ input_id }) => input_id === input.id);
  return row && taskOf(store, row)?.task.contextMode;
}

function hasSpoken({ store }: SayParts, turnId: string): boolean {
  return store.outbox.saidBy(turnId).length > 0 || store.streams.ofTurn(turnId)?.turnId === turnId;
}

/** Rows that cannot be tried now wait without a turn; their chat is told once. One transaction. */
export function holdPlace(parts: TurnParts, group: string, place: Place, held: Held): void {
  const now = parts.clock.now();
  parts.store.transaction(() => {
    const rows = parts.store.inbox.waitingAt(group, place, { now });
    for (const row of rows) parts.store.inbox.again(row.id, heldBack(row, held, now));
    tellCause(parts, rows, held);
  });
}

function failureOf({ store, clock, settings }: SayParts, turn: TurnRow, input: InputRow): Failure | undefined {
  if (input.state !== 'failed') return undefined;
  const model = store.groups.get(turn.group_folder)?.model ?? settings.model;
  return failureOfResult(input.error, { model, timeZone: settings.timeZone, now: clock.now() });
}

function giveBack(parts: SayParts, turn: TurnRow, { input, failure }: Lost): void {
  const { store } = parts;
  const taken = input.taken === 1 || input.state === 'failed';
  // What the agent never took left no trace: the rows go back to the attempt before.
  const turnId = taken ? turn.id : turn.retry_of;
  if (!taken) store.outbox.untell(input.id);
  const rows = store.inbox.claimedBy(turn.id).filter((row) => row.input_id === input.id);
  const lost = rows.map((row) => ({ ...row, turn_id: turnId }));
  const dead = lost.flatMap((row) => settleRow(parts, row, { failure, taken }) ?? []);
  const [first] = dead;
  if (first)
    tellGivenUp(parts, first.row, { reason: first.reason, others: dead.filter(({ row }) => row.wakes).length - 1 });
  if (failure.type === 'outside') tellCause(parts, rows, failure);
}

/** Why a message is at its end, for its chat and for the owner. */
interface Reason {
  readonly text: string;
  readonly detail: string;
  readonly cure: string;
}

/** What is given up is returned, with why; everything else waits again. */
function settleRow(
  parts: SayParts,
  row: InboxRow,
  how: { failure: Failure; taken: boolean },
): { row: InboxRow; reason: Reason } | undefined {
  const { store } = parts;
  const now = parts.clock.now();
  const { failure, taken } = how;
  const same = { turnId: row.turn_id, attempts: row.attempts, claims: row.claims, cause: undefined, causeTries: 0 };
  const attempts = row.attempts + 1;
  if (failure.type === 'outside') {
    store.inbox.again(row.id, heldBack(row, failure, now));
  } else if (failure.type === 'ends') {
    return giveUp(parts, row, { text: failure.reason, detail: failure.detail, cure: failure.cure });
  } else if (row.claims >= maxClaims && !taken) {
    return giveUp(parts, row, plainReason(failure.type === 'message' ? failure.reason : 'my agent never took it'));
  } else if (failure.type === 'ours') {
    // No instant: it would be a wait, should the clock be set back.
    store.inbox.again(row.id, { ...same, nextAttemptAt: 0 });
  } else if (!taken) {
    store.inbox.again(row.id, { ...same, nextAttemptAt: now + backoffMs(row.claims, 80_000) });
  } else if (attempts >= maxAttempts) {
    return giveUp(parts, row, plainReason(failure.reason));
  } else {
    store.inbox.again(row.id, { ...same, attempts, nextAttemptAt: now + backoffMs(attempts, 80_000) });
  }
  return undefined;
}

function plainReason(text: string): Reason {
  return { text: cleaned(text), detail: '', cure: 'I have given up on it; please say it again if you still need it.' };
}

function heldBack(row: InboxRow, held: Held, now: number): Retry {
  const { cause } = held;
  const causeTries = row.cause === cause ? row.cause_tries + 1 : 1;
  const { turn_id: turnId, attempts } = row;
  return {
    turnId,
    attempts,
    claims: 0,
    cause,
    causeTries,
    nextAttemptAt: held.untilAt ?? retryAt(cause, causeTries, now),
  };
}

/** The chat hears that it waits, main what to do about it; each once while it lasts. */
function tellCause(parts: SayParts, rows: readonly InboxRow[], told: Held): void {
  const oldest = rows.find((row) => row.wakes === 1);
  if (!oldest) return;
  const { store, clock, desk } = parts;
  const { chat, owner } = causeText(told);
  const inMain = store.groups.get(oldest.group_folder)?.isMain ?? false;
  const { task } = taskOf(store, oldest) ?? {};
  const waiting = task ? `${nameOfTask(task)} waits for that.` : 'Your message is kept and will be answered.';
  const key = `notice:${told.cause}:${oldest.id}`;
  say(parts, oldest, {
    key: isBroken(oldest, told) ? `${key}:${told.untilAt}` : key,
    text: `⏸ ${inMain ? owner : chat} ${waiting}`,
  });
  const once = told.once ?? Math.floor(clock.now() / 3_600_000);
  if (!inMain)
    tellMain(desk, { key: `notice:owner:${told.cause}:${once}`, text: `⏸ ${owner} (${oldest.chat_jid} waits.)` });
}

/** It was told to wait for the end of a limit, and the limit goes on: that is said again, anything else once. */
function isBroken(row: InboxRow, { cause, untilAt }: Held): boolean {
  return cause === 'limit' && row.cause === cause && (untilAt ?? 0) > row.next_attempt_at + 60_000;
}

function giveUp(parts: SayParts, row: InboxRow, reason: Reason): { row: InboxRow; reason: Reason } | undefined {
  parts.store.inbox.bury(row);
  takeEyesOff(parts, [row]);
  if (row.wakes === 0) return undefined;
  finishTaskRun(parts.desk, { message: row.message_seq, outcome: 'failed', detail: reason.text });
  return { row, reason };
}

/** What nobody can put before the agent: it is not tried, and its chat is told so. Joins the caller's transaction. */
export function giveUpUnread(parts: SayParts, row: InboxRow, text: string): void {
  const dead = giveUp(parts, row, plainReason(text));
  if (dead) tellGivenUp(parts, row, { reason: dead.reason, others: 0 });
}

/** One line for all that was given up together. */
function tellGivenUp(parts: SayParts, row: InboxRow, told: { reason: Reason; others: number }): void {
  const { store } = parts;
  const { text, detail, cure } = told.reason;
  const { task } = taskOf(store, row) ?? {};
  // What was shown of an answer becomes this line: it is no answer any more. An isolated task has shown nothing.
  const showed = row.turn_id !== null && task?.contextMode !== 'isolated';
  const completes = showed ? store.streams.ofTurn(row.turn_id ?? '') : undefined;
  const inMain = store.groups.get(row.group_folder)?.isMain ?? false;
  const quoted = inMain && detail !== '' && !text.includes(detail) ? ` (“${detail}”)` : '';
  // Nothing in what a script or a server said may look like a tag that hides the rest.
  const why = `${text}${quoted}`.replaceAll('<', '‹');
  const line = task
    ? `⚠️ ${nameOfTask(task)} failed: ${why}.`
    : unanswered(parts, row, { why, cure, others: told.others });
  say(parts, row, { key: `notice:dead:${row.id}`, text: line, completes });
}

function unanswered({ store }: SayParts, row: InboxRow, told: { why: string; cure: string; others: number }): string {
  const message = store.messages.get(row.message_seq);
  const { why, cure, others } = told;
  const more = others > 0 ? ` and ${others} more` : '';
  return `⚠️ I could not answer “${shorten(message?.text ?? '', 60)}” (${messageName(row.message_seq)})${more}: ${why}. ${cure}`;
}

function tellRenewed(parts: SayParts, turn: TurnRow): void {
  const text =
    '🔄 The model would not go on with our conversation as it stood, so I have begun a new one; I know what was said lately, and files and notes are still there.';
  const place = { jid: turn.chat_jid, thread: turn.thread ?? undefined };
  postMessage(parts.desk, { key: `notice:renewed:${turn.id}`, group: turn.group_folder, place, text });
}

function say(parts: SayParts, row: InboxRow, notice: Pick<Said, 'key' | 'text' | 'completes'>): void {
  const place = { jid: row.chat_jid, thread: row.thread ?? undefined };
  postMessage(parts.desk, { ...notice, group: row.group_folder, place });
}

function endOf(failure: Failure): { state: 'failed' | 'stopped'; cause?: string; error?: string } {
  switch (failure.type) {
    case 'ours':
      return { state: 'stopped' };
    case 'outside':
      return { state: 'failed', cause: failure.cause, error: failure.detail };
    case 'message':
      return { state: 'failed', error: failure.reason };
    case 'ends':
      return { state: 'failed', error: failure.detail || failure.reason };
  }
}
