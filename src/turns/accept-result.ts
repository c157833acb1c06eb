import { inputFileName, type ResultFile } from '../../protocol/mailbox.ts';
import { askedIn } from '../acts/asked-in.ts';
import { finishStream, isShown, wordless } from '../acts/close-streams.ts';
import { finishTaskRun } from '../acts/finish-task-run.ts';
import { postMessage } from '../acts/post-message.ts';
import type { Mailbox } from '../ipc/mailbox.ts';
import { localDay } from '../lib/local-day.ts';
import type { InboxRow } from '../store/inbox.ts';
import { isOfThePlace } from '../store/trouble.ts';
import type { TurnRow } from '../store/turns.ts';
import { stripInternal } from '../text/internal.ts';
import { takeEyesOff } from './eyes.ts';
import type { TurnParts, TurnSettings } from './parts.ts';
import { noteAnswer } from './spoilt-session.ts';
import { taskOf } from './task-row.ts';

/** What storing a result needs. */
export interface SayParts extends Pick<TurnParts, 'store' | 'clock' | 'log' | 'desk' | 'react' | 'failedAnswer'> {
  readonly settings: Pick<TurnSettings, 'timeZone' | 'model'>;
}

/**
 * Stores a result: its rows are done, its text is said, in one transaction, once. A result that answers no row of its
 * turn any more (they were answered or taken back) is not said. `foreign`: it is no result for this group. `refused`: it
 * cannot be stored, however often one tries, and counts as a failed one. Throws where the place is the reason.
 */
export function acceptResult(parts: SayParts, folder: string, result: ResultFile): 'stored' | 'foreign' | 'refused' {
  const { store, log } = parts;
  const turn = store.turns.get(result.turnId);
  if (turn?.group_folder !== folder) return 'foreign';
  try {
    storeResult(parts, turn, result);
    return 'stored';
  } catch (error) {
    if (isOfThePlace(error)) throw error;
    log.error({ err: error, group: folder, turn: turn.id }, 'a result cannot be stored; it counts as a failed one');
    // What it answers would be waited for by a turn that never ends.
    const failed = { code: 'agent' as const, message: 'the host could not store its answer' };
    storeResult(parts, turn, { ...result, status: 'error', result: null, usage: undefined, error: failed });
    return 'refused';
  }
}

function storeResult(parts: SayParts, turn: TurnRow, result: ResultFile): void {
  const { store, clock, log, settings } = parts;
  const folder = turn.group_folder;
  const now = clock.now();
  store.transaction(() => {
    if (!store.turns.addResult(withAnswer(parts, folder, result), now)) return;
    // A failed try costs as well.
    if (result.usage) store.usage.add({ day: localDay(now, settings.timeZone), group: folder }, result.usage);
    if (result.newSessionId !== undefined) store.sessions.set(folder, result.newSessionId, now);
    if (result.status === 'error') {
      log.warn({ group: folder, turn: turn.id, error: result.error }, 'a turn gave an error');
      return;
    }
    const replyTo = askedIn(store, { id: turn.id, jid: turn.chat_jid }, result.answers);
    const answered = store.inbox.claimedBy(turn.id).filter((row) => result.answers.includes(row.input_id ?? ''));
    const rows = result.answers.reduce((count, input) => count + store.inbox.finish(turn.id, input), 0);
    takeEyesOff(parts, answered);
    if (result.status === 'ok' && answered.some((row) => taskOf(store, row)?.task.contextMode !== 'isolated')) {
      noteAnswer(parts, folder);
    }
    finishRuns(parts, turn, { result, answered });
    if (result.answers.length > 0 && rows === 0) return;
    // A chat that was taken from the group since hears nothing more from it.
    if (store.chats.get(turn.chat_jid)?.group !== folder) return;
    sayResult(parts, turn, { result, answered, replyTo });
  });
}

// What the gateway saw belongs to this result now; later it may have seen something else.
function withAnswer(parts: SayParts, folder: string, result: ResultFile): ResultFile {
  if (!result.error) return result;
  return { ...result, error: { ...result.error, answer: parts.failedAnswer(folder) } };
}

/** What the result answers, and what it is. */
interface Answer {
  readonly result: ResultFile;
  readonly answered: readonly InboxRow[];
}

function finishRuns({ store, desk }: SayParts, turn: TurnRow, { result, answered }: Answer): void {
  const spoke = stripInternal(result.result ?? '').trim() !== '' || store.outbox.saidBy(turn.id).length > 0;
  const outcome = result.status === 'ok' && !result.skipped && spoke ? 'ok' : 'silent';
  const detail =
    result.status === 'stopped' ? 'stopped' : result.skipped ? 'its script did not want the agent' : undefined;
  for (const row of answered) finishTaskRun(desk, { message: row.message_seq, outcome, detail });
}

function sayResult(
  { store, desk }: SayParts,
  turn: TurnRow,
  { result, answered, replyTo }: Answer & { replyTo: string | undefined },
): void {
  const key = `result:${turn.id}-${result.ordinal}`;
  const place = { jid: turn.chat_jid, thread: turn.thread ?? undefined };
  const said = { key, group: turn.group_folder, place, turnId: turn.id };
  const text = withCut(result);
  const tasks = answered.map((row) => taskOf(store, row)?.task);
  const asked = tasks.some((task) => task === undefined);
  if (result.skipped && !asked) return;
  // What is being written in the chat is the conversation's, not an isolated task's.
  const aside = tasks.length > 0 && tasks.every((task) => task?.contextMode === 'isolated');
  const stream = aside ? undefined : store.streams.ofTurn(turn.id);
  if (postMessage(desk, { ...said, text, replyTo, completes: stream })) return;
  if (stream && isShown(stream)) {
    const end = result.status === 'stopped' ? [stream.text, '⏹ Stopped.'] : [stream.text || wordless];
    finishStream(desk, { ...stream, turnId: turn.id }, { key, text: end.join('\n\n').trim() });
    return;
  }
  if (text === '' && asked && result.status === 'ok' && store.outbox.saidBy(turn.id).length === 0) {
    // What is all <internal> is silence on purpose; nothing at all is not. Nobody waits for a task's words.
    postMessage(desk, { ...said, text: wordless });
  }
}

/** Says of an answer that it is not whole, and how to get the rest. */
function withCut({ result, cut }: ResultFile): string {
  const text = result?.trim() ?? '';
  if (cut === undefined || stripInternal(text) === '') return text;
  const why = {
    output: 'My answer reached the limit of what I may write at once.',
    window: 'Our conversation has no more room for a longer answer.',
    paused: 'I paused here.',
  }[cut];
  return `${text}\n\n✂️ ${why} Say “go on” and I continue.`;
}

/** The input files that a stored result answers are taken away. */
export function removeAnswered(parts: TurnParts, mailbox: Mailbox, turnId: string): void {
  for (const input of parts.store.turns.inputs(turnId)) {
    if (input.state === 'open') continue;
    mailbox.removeInput(inputFileName(input.seq, input.id));
    mailbox.remove('acks', input.id);
  }
}
