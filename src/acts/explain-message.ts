import type { Usage } from '../../protocol/mailbox.ts';
import { NanoclawError } from '../model/errors.ts';
import { type Message, messageName, seqOfName } from '../model/message.ts';
import type { TaskRun } from '../model/task.ts';
import type { Attempt, SaidPart } from '../store/history.ts';
import type { InboxRow, InboxState } from '../store/inbox.ts';
import type { Store } from '../store/store.ts';

/** What became of one message. */
export interface Explanation {
  readonly id: string;
  readonly message: Message;
  readonly decision: Decision;
  /** What became of its inbox row; undefined where it never had one. */
  readonly inbox:
    | {
        readonly group: string;
        readonly state: InboxState;
        readonly attempts: number;
        readonly cause: string | undefined;
        /** When a waiting one is tried again; undefined where a person has to do something first. */
        readonly nextAttemptAt: number | undefined;
      }
    | undefined;
  /** Set when a schedule wrote it. */
  readonly run: TaskRun | undefined;
  /** The first one first. */
  readonly attempts: readonly ExplainedAttempt[];
  /** What was said in answer, and what the chat was told about it. */
  readonly said: readonly SaidPart[];
}

export type Decision =
  | { readonly type: 'woke' | 'context' | 'command' | 'stored' }
  /** Its edit took its place before it was read. */
  | { readonly type: 'replaced'; readonly by: string }
  /** Ours; `answers` are the messages its turn was about. */
  | { readonly type: 'ours'; readonly answers: readonly string[] }
  /** Ours; what it was about is no longer kept. */
  | { readonly type: 'forgotten' };

export interface ExplainedAttempt extends Attempt {
  readonly results: readonly { readonly status: string; readonly usage: Usage | undefined }[];
}

/** Finds a message by our name for it (`m812`), or in a chat by the platform's own id. Throws `message.unknown`. */
export function findMessage(store: Store, asked: { id: string; chat?: string | undefined }): Message {
  const seq = seqOfName(asked.id);
  const named = seq === undefined ? undefined : store.messages.get(seq);
  const found = named ?? (asked.chat === undefined ? undefined : store.messages.find(asked.chat, asked.id));
  if (found && (asked.chat === undefined || found.jid === asked.chat)) return found;
  const where = asked.chat === undefined ? '' : ` in ${asked.chat}`;
  throw new NanoclawError('message.unknown', `There is no message ${asked.id}${where}.`, {
    cure: 'Names look like m812: "./nanoclaw messages list --chat JID" shows them; a platform’s own id needs --chat JID.',
  });
}

export function explainMessage(store: Store, message: Message): Explanation {
  const row = store.inbox.ofMessage(message.seq);
  const ours = message.direction === 'out' ? store.history.saidAs(message.jid, message.platformId) : undefined;
  const turn = ours?.turn ?? row?.turn_id ?? undefined;
  const attempts = turn === undefined ? [] : store.history.attempts(turn);
  const inputId = row?.state === 'done' ? row.input_id : null;
  return {
    id: messageName(message.seq),
    message,
    decision: message.direction === 'out' && !ours ? { type: 'forgotten' } : decisionOf(store, message, { row, turn }),
    inbox: row && {
      group: row.group_folder,
      state: row.state,
      attempts: row.attempts,
      cause: row.cause ?? undefined,
      nextAttemptAt: row.next_attempt_at === Number.MAX_SAFE_INTEGER ? undefined : row.next_attempt_at,
    },
    run: store.taskRuns.ofMessage(message.seq),
    attempts: attempts.map((attempt) => ({ ...attempt, results: resultsOf(store, attempt, inputId) })),
    said: ours ? [ours] : saidAbout(store, message, { row, attempts }),
  };
}

function decisionOf(
  store: Store,
  message: Message,
  known: { row: InboxRow | undefined; turn: string | undefined },
): Decision {
  const { row, turn } = known;
  if (message.direction === 'out') {
    const answers = turn === undefined ? [] : store.history.messagesOf(turn, message);
    return { type: 'ours', answers: answers.map(messageName) };
  }
  if (row) return { type: row.wakes === 1 ? 'woke' : 'context' };
  const { seq } = message;
  if (store.messages.isCommand(seq) || store.history.saidUnder(`command:${seq}`).length > 0) return { type: 'command' };
  const [first] = store.inbox.ofPlatformId(message.jid, message.platformId);
  if (first && message.kind !== 'reaction') return { type: 'replaced', by: messageName(first.message_seq) };
  return { type: 'stored' };
}

// A turn may have answered other messages too: of the attempt that answered this one, only what named its input counts.
function resultsOf(store: Store, attempt: Attempt, inputId: string | null): ExplainedAttempt['results'] {
  const all = store.history.results(attempt.turn);
  const own = inputId === null ? all : all.filter((result) => result.answers.includes(inputId));
  return (own.length > 0 ? own : all).map(({ status, usage }) => ({ status, usage }));
}

function saidAbout(
  store: Store,
  message: Message,
  about: { row: InboxRow | undefined; attempts: readonly Attempt[] },
): SaidPart[] {
  const { history } = store;
  const notices = about.row ? ['dead', about.row.cause ?? ''].map((what) => `notice:${what}:${about.row?.id}`) : [];
  return [
    ...history.saidUnder(`command:${message.seq}`),
    ...about.attempts.flatMap((attempt) => history.saidBy(attempt.turn)),
    ...notices.flatMap((key) => history.saidUnder(key)),
  ];
}
