import type { ResultFile } from '../../../protocol/mailbox.ts';
import { type Clues, classify } from './errors.ts';
import type { SdkResult } from './sdk-events.ts';

type Verdict = Pick<ResultFile, 'status' | 'result' | 'error' | 'cut'>;

export const stopped: Verdict = { status: 'stopped', result: null };
export const dropped: Verdict = {
  status: 'error',
  result: null,
  error: { code: 'agent', message: 'The agent took this message and dropped it.' },
};

/** `said`: everything the agent has said in the turn. */
export function verdictOf(result: SdkResult, was: { stopping: boolean; said: string; clues: Clues }): Verdict {
  const { stopping, said, clues } = was;
  // An API error calls itself a success with `is_error`.
  const failed = result.is_error || result.subtype !== 'success';
  const cut = cutOf(result, clues);
  if (!failed) return { status: 'ok', result: said, ...(cut && { cut }) };
  if (stopping) return stopped;
  // What was said until there was no more room is an answer, if not a whole one.
  if (cut && said.trim() !== '') return { status: 'ok', result: said, cut };
  return { status: 'error', result: null, error: classify(result, clues) };
}

function cutOf(result: SdkResult, { reason }: Clues): ResultFile['cut'] {
  if (result.stop_reason === 'pause_turn') return 'paused';
  if (reason !== 'max_output_tokens') return undefined;
  return /context window/i.test(result.result ?? '') ? 'window' : 'output';
}
