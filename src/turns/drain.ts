import { resultFile } from '../../protocol/mailbox.ts';
import { type Mailbox, type MailboxFile, parseJson } from '../ipc/mailbox.ts';
import type { Group } from '../model/group.ts';
import { acceptResult, failureOfResult, removeAnswered } from './accept-result.ts';
import type { Failure } from './causes.ts';
import type { TurnParts } from './parts.ts';
import type { Turn } from './turn.ts';

interface Box {
  readonly group: Group;
  readonly runId: string;
  readonly mailbox: Mailbox;
  readonly turn: TurnLike | undefined;
}

interface Drained {
  /** There were requests: the runner should look for replies. */
  readonly served: boolean;
  readonly results: number;
  /** What the last error result said. */
  readonly failure: Failure | undefined;
}

/**
 * Takes what the runner has put into the mailbox: requests, then results, then acknowledgements. The results are listed
 * first and stored last, so that whatever the agent asked for before a result is done before it.
 */
export function drainMailbox(parts: TurnParts, box: Box, options = { ended: false }): Drained {
  const { group, runId, mailbox, turn } = box;
  const results = mailbox.read('results');
  const served = parts.serveRequests(mailbox, {
    ...{ group, runId, place: turn?.place, turnId: turn?.id, ended: options.ended },
  });
  takeAcknowledged(parts, mailbox, turn);
  let failure: Failure | undefined;
  for (const file of results) failure = takeResult(parts, { mailbox, folder: group.folder, file }) ?? failure;
  return { served, results: results.length, failure };
}

/** One pass looks at a bounded number of files; a container that has ended may have left more. */
const lastPasses = 1_000;

/** Takes everything a container that has ended left behind. */
export function drainLast(parts: TurnParts, box: Box): Failure | undefined {
  let failure: Failure | undefined;
  for (let pass = 0; pass < lastPasses; pass++) {
    const drained = drainMailbox(parts, box, { ended: true });
    failure = drained.failure ?? failure;
    if (!drained.served && drained.results === 0) break;
  }
  return failure;
}

type TurnLike = Pick<Turn, 'id' | 'place'>;

function takeResult(
  parts: TurnParts,
  from: { mailbox: Mailbox; folder: string; file: MailboxFile },
): Failure | undefined {
  const { mailbox, folder, file } = from;
  const result = resultFile.safeParse(parseJson(file.text));
  if (!result.success) {
    mailbox.reject('results', file.name, 'this is no result');
    return undefined;
  }
  if (!acceptResult(parts, folder, result.data)) {
    mailbox.reject('results', file.name, 'it belongs to no turn of this group');
    return undefined;
  }
  removeAnswered(parts, mailbox, result.data.turnId);
  mailbox.remove('results', file.name);
  return result.data.status === 'error' ? failureOfResult(result.data.error) : undefined;
}

function takeAcknowledged(parts: TurnParts, mailbox: Mailbox, turn: TurnLike | undefined): void {
  if (!turn) return;
  for (const name of mailbox.acks()) takeInput(parts, turn.id, name);
}

/** The agent has the input: from now on a crash spends an attempt. */
export function takeInput(parts: TurnParts, turnId: string, inputId: string): void {
  if (parts.store.turns.take(turnId, inputId)) parts.store.inbox.acknowledge(turnId, inputId);
}
