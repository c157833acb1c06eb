import type { AdminResult } from '../../protocol/admin.ts';
import { explainInWords } from '../acts/explain-in-words.ts';
import { type Decision, explainMessage, findMessage } from '../acts/explain-message.ts';
import type { Registry } from '../acts/register-group.ts';
import { runFactsOf } from './tasks.ts';

/** What became of one message, as facts and as lines. */
export function why(
  { store, clock }: Registry,
  asked: { id: string; chat?: string | undefined; timeZone: string },
): AdminResult<'why'> {
  const message = findMessage(store, asked);
  const told = explainMessage(store, message);
  const { inbox } = told;
  return {
    id: told.id,
    chat: message.jid,
    thread: message.thread ?? null,
    direction: message.direction,
    kind: message.kind,
    sender: message.senderName,
    senderId: message.senderId,
    role: message.role,
    text: message.text,
    at: message.sentAt,
    decision: told.decision.type,
    related: relatedTo(told.decision),
    inbox: inbox ? { ...inbox, cause: inbox.cause ?? null, nextAttemptAt: inbox.nextAttemptAt ?? null } : null,
    task: told.run ? { id: told.run.taskId, ...runFactsOf(told.run) } : null,
    attempts: told.attempts.map((attempt) => ({
      ...attempt,
      results: attempt.results.map(({ status, usage }) => ({ status, usage: usage ?? null })),
    })),
    said: told.said.map(({ turn: _turn, ...said }) => said),
    lines: explainInWords(told, { timeZone: asked.timeZone, now: clock.now() }),
  };
}

function relatedTo(decision: Decision): string[] {
  if (decision.type === 'replaced') return [decision.by];
  return decision.type === 'ours' ? [...decision.answers] : [];
}
