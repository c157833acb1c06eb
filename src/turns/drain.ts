import { inputFileName, type ResultFile, resultFile } from '../../protocol/mailbox.ts';
import type { Mailbox, MailboxFile } from '../ipc/mailbox.ts';
import { parseJson } from '../lib/json.ts';
import type { Group } from '../model/group.ts';
import { acceptResult, removeAnswered } from './accept-result.ts';
import { putEyesOn } from './eyes.ts';
import type { TurnParts } from './parts.ts';
import type { Turn } from './turn.ts';

interface Box {
  readonly group: Group;
  readonly runId: string;
  readonly mailbox: Mailbox;
  readonly turn: TurnLike | undefined;
}

/**
 * Takes what the runner has put into the mailbox: requests, then acknowledgements, then results. The results are listed
 * first and stored last, so that whatever the agent asked for before a result is done before it. True when there were
 * requests: the runner should look for replies.
 */
export function drainMailbox(parts: TurnParts, box: Box): boolean {
  const results = box.mailbox.read('results');
  const requests = parts.serveRequests(box.mailbox, { ...askerOf(box), ended: false });
  takeAcknowledged(parts, box);
  for (const file of results) takeResult(parts, box, file);
  return requests > 0;
}

/**
 * One pass over what a container that has ended left behind: first all it asked for, then its results. True when there
 * may be more: the caller lets others go first and comes again.
 */
export function drainLast(parts: TurnParts, box: Box): boolean {
  const { mailbox } = box;
  if (parts.serveRequests(mailbox, { ...askerOf(box), ended: true }) > 0) return true;
  takeAcknowledged(parts, box);
  return mailbox.read('results').filter((file) => takeResult(parts, box, file)).length > 0;
}

function askerOf({ group, runId, turn }: Box) {
  return { group, runId, place: turn?.place, turnId: turn?.id };
}

type TurnLike = Pick<Turn, 'id' | 'place'>;

/** True when the file is gone afterwards. */
function takeResult(parts: TurnParts, { mailbox, group }: Box, file: MailboxFile): boolean {
  const result = resultFile.safeParse(parseJson(file.text));
  if (!result.success) return mailbox.reject('results', file.name, 'this is no result');
  const outcome = acceptResult(parts, group.folder, priced(parts, result.data));
  if (outcome === 'foreign') return mailbox.reject('results', file.name, 'it belongs to no turn of this group');
  removeAnswered(parts, mailbox, result.data.turnId);
  if (outcome === 'refused') return mailbox.reject('results', file.name, 'it cannot be stored');
  return mailbox.remove('results', file.name);
}

/** With what it costs, which of the rehearsal model is nothing; its tokens may be looked at. */
export function priced({ settings }: TurnParts, result: ResultFile): ResultFile {
  if (!settings.costsNothing || !result.usage) return result;
  const { models, ...usage } = result.usage;
  const free = Object.entries(models ?? {}).map(([name, one]) => [name, { ...one, costUsd: 0 }]);
  return { ...result, usage: { ...usage, costUsd: 0, ...(models && { models: Object.fromEntries(free) }) } };
}

function takeAcknowledged(parts: TurnParts, { mailbox, turn }: Box): void {
  if (!turn) return;
  const { turns } = parts.store;
  const open = turns.inputs(turn.id).filter((input) => input.taken === 0);
  for (const id of mailbox.acked(open.map((input) => input.id))) takeInput(parts, turn.id, id);
  // An interrupt has done its work once it was read; no result will name it.
  for (const input of turns.inputs(turn.id)) {
    if (input.kind === 'message' || input.taken === 0) continue;
    mailbox.removeInput(inputFileName(input.seq, input.id));
    mailbox.remove('acks', input.id);
  }
}

/** The agent has the input: from now on a crash spends an attempt. */
export function takeInput(parts: TurnParts, turnId: string, inputId: string): void {
  if (!parts.store.turns.take(turnId, inputId)) return;
  parts.store.inbox.acknowledge(turnId, inputId);
  parts.store.outbox.markTold(inputId);
  const rows = parts.store.inbox.claimedBy(turnId).filter((row) => row.input_id === inputId);
  putEyesOn(parts, rows);
}
