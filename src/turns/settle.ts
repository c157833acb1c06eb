import { closeStreams } from '../acts/close-streams.ts';
import { finishTaskRun } from '../acts/finish-task-run.ts';
import { postMessage, type Said } from '../acts/post-message.ts';
import { tellMain } from '../acts/tell-main.ts';
import { backoffMs } from '../lib/backoff.ts';
import type { Place } from '../model/chat.ts';
import { messageName } from '../model/message.ts';
import type { InboxRow, Retry } from '../store/inbox.ts';
import type { InputRow, TurnRow } from '../store/turns.ts';
import { shorten } from '../text/shorten.ts';
import type { SayParts } from './accept-result.ts';
import { causeText, type Failure, failureOfResult, type Held, maxAttempts, maxClaims, retryAt } from './causes.ts';
import { takeEyesOff } from './eyes.ts';
import type { TurnParts } from './parts.ts';
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
    for (const input of unanswered) giveBack(parts, turn, { input, failure: failureOf(input) ?? otherwise });
    const ended = unanswered.map((input) => failureOf(input) ?? otherwise).at(-1);
    const known = inputs.some((input) => input.taken === 1 || input.state === 'answered');
    const traces = known || store.turns.hasResults(turn.id) || hasSpoken(parts, turn.id);
    if (!traces && ended && ended.type !== 'message') store.turns.discard(turn.id);
    else store.turns.end(turn.id, ended ? endOf(ended) : { state: 'done' }, clock.now());
    closeStreams(parts.desk);
  });
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

function failureOf(input: InputRow): Failure | undefined {
  return input.state === 'failed' ? failureOfResult(input.error) : undefined;
}

function giveBack(parts: SayParts, turn: TurnRow, lost: { input: InputRow; failure: Failure }): void {
  const { store } = parts;
  const { input, failure } = lost;
  // What the agent never took left no trace: the rows go back to the attempt before.
  const turnId = input.taken === 1 ? turn.id : turn.retry_of;
  if (input.taken === 0) store.outbox.untell(input.id);
  const rows = store.inbox.claimedBy(turn.id).filter((row) => row.input_id === input.id);
  for (const row of rows) settleRow(parts, { ...row, turn_id: turnId }, { failure, taken: input.taken === 1 });
  if (failure.type === 'outside') tellCause(parts, rows, failure);
}

function settleRow(parts: SayParts, row: InboxRow, how: { failure: Failure; taken: boolean }): void {
  const { store } = parts;
  const now = parts.clock.now();
  const { failure } = how;
  const same = { turnId: row.turn_id, attempts: row.attempts, claims: row.claims, cause: undefined, causeTries: 0 };
  if (failure.type === 'outside') {
    store.inbox.again(row.id, heldBack(row, failure, now));
  } else if (row.claims >= maxClaims && !how.taken) {
    giveUp(parts, row, failure.type === 'message' ? failure.reason : 'my agent never took it');
  } else if (failure.type === 'ours') {
    // No instant: it would be a wait, should the clock be set back.
    store.inbox.again(row.id, { ...same, nextAttemptAt: 0 });
  } else if (!how.taken) {
    store.inbox.again(row.id, { ...same, nextAttemptAt: now + backoffMs(row.claims, 80_000) });
  } else if (row.attempts + 1 >= maxAttempts) {
    giveUp(parts, row, failure.reason);
  } else {
    const attempts = row.attempts + 1;
    store.inbox.again(row.id, { ...same, attempts, nextAttemptAt: now + backoffMs(attempts, 80_000) });
  }
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
  const { chat, owner } = causeText(told.cause, told.detail);
  const inMain = store.groups.get(oldest.group_folder)?.isMain ?? false;
  const { task } = taskOf(store, oldest) ?? {};
  const waiting = task ? `${nameOfTask(task)} waits for that.` : 'Your message is kept and will be answered.';
  say(parts, oldest, { key: `notice:${told.cause}:${oldest.id}`, text: `⏸ ${inMain ? owner : chat} ${waiting}` });
  const once = told.once ?? Math.floor(clock.now() / 3_600_000);
  if (!inMain)
    tellMain(desk, { key: `notice:owner:${told.cause}:${once}`, text: `⏸ ${owner} (${oldest.chat_jid} waits.)` });
}

function giveUp(parts: SayParts, row: InboxRow, reason: string): void {
  parts.store.inbox.bury(row);
  takeEyesOff(parts, [row]);
  if (row.wakes === 0) return;
  const { task } = taskOf(parts.store, row) ?? {};
  // What was shown of an answer becomes this line: it is no answer any more. An isolated task has shown nothing.
  const showed = row.turn_id !== null && task?.contextMode !== 'isolated';
  const completes = showed ? parts.store.streams.ofTurn(row.turn_id) : undefined;
  // Nothing in what a script said may look like a tag that hides the rest.
  const failed = (name: string) => `⚠️ ${name} failed: ${reason.replaceAll('<', '‹')}.`;
  const text = task ? failed(nameOfTask(task)) : unanswered(parts, row, reason);
  say(parts, row, { key: `notice:dead:${row.id}`, text, completes });
  finishTaskRun(parts.desk, { message: row.message_seq, outcome: 'failed', detail: reason });
}

function unanswered({ store }: SayParts, row: InboxRow, reason: string): string {
  const message = store.messages.get(row.message_seq);
  return `⚠️ I could not answer “${shorten(message?.text ?? '', 60)}” (${messageName(row.message_seq)}): ${reason}. I have given up on it; please say it again if you still need it.`;
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
  }
}
