import type { ResultFile } from '../../../protocol/mailbox.ts';
import { classify } from './errors.ts';
import type { SdkResult } from './sdk-events.ts';

type Verdict = Pick<ResultFile, 'status' | 'result' | 'error'>;

export const stopped: Verdict = { status: 'stopped', result: null };
export const dropped: Verdict = {
  status: 'error',
  result: null,
  error: { code: 'agent', message: 'The agent took this message and dropped it.' },
};

export function verdictOf(result: SdkResult, was: { stopping: boolean; reason: string | undefined }): Verdict {
  // An API error calls itself a success with `is_error`.
  const failed = result.is_error || result.subtype !== 'success';
  if (!failed) return { status: 'ok', result: result.result ?? '' };
  if (was.stopping) return stopped;
  return { status: 'error', result: null, error: classify(result, was.reason) };
}
