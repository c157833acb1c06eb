import type { ResultFile } from '../../protocol/mailbox.ts';
import { takeInput } from './drain.ts';
import type { BareFrame } from './live-run.ts';
import type { TurnParts } from './parts.ts';

/** v1's runner names neither turn nor inputs: its result answers whatever is open. Undefined: it says nothing of a turn. */
export function resultOfBareFrame(parts: TurnParts, turnId: string, frame: BareFrame): ResultFile | undefined {
  if (frame.result === null && frame.status === 'success') return undefined;
  const open = parts.store.turns.inputs(turnId).filter((input) => input.state === 'open');
  for (const input of open) takeInput(parts, turnId, input.id);
  const failed = frame.status === 'error';
  return {
    v: 1,
    turnId,
    ordinal: parts.store.turns.nextOrdinal(turnId),
    answers: open.map((input) => input.id),
    status: failed ? 'error' : 'ok',
    result: frame.result,
    error: failed ? { code: 'agent', message: frame.error ?? 'the agent failed' } : undefined,
  };
}
