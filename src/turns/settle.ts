import { postMessage } from '../acts/post-message.ts';
import { backoffMs } from '../lib/backoff.ts';
import { messageName } from '../model/message.ts';
import type { InboxRow } from '../store/inbox.ts';
import { type Failure, maxAttempts, maxClaims, noticeOf, retryAt } from './causes.ts';
import type { TurnParts } from './parts.ts';

/**
 * Ends a turn that failed: its unanswered rows wait again, or are given up and their chat is told in one line. Spends an
 * attempt only on rows the agent had taken and lost by itself. One transaction.
 */
export function settleFailed(parts: TurnParts, turnId: string, failure: Failure): void {
  const { store, clock } = parts;
  store.transaction(() => {
    const taken = new Set(
      store.turns
        .inputs(turnId)
        .filter((input) => input.taken === 1)
        .map((input) => input.id),
    );
    const rows = store.inbox.claimedBy(turnId);
    for (const row of rows) settleRow(parts, row, { failure, taken: taken.has(row.input_id ?? '') });
    const oldest = rows.find((row) => row.wakes === 1);
    if (failure.type === 'outside' && oldest) {
      say(parts, oldest, {
        key: `notice:${failure.cause}:${oldest.id}`,
        text: noticeOf(failure.cause, failure.detail),
      });
    }
    store.turns.end(turnId, endOf(failure), clock.now());
  });
}

function settleRow(parts: TurnParts, row: InboxRow, how: { failure: Failure; taken: boolean }): void {
  const { store, clock } = parts;
  const now = clock.now();
  const { failure } = how;
  const same = { attempts: row.attempts, claims: row.claims, cause: undefined, causeTries: 0, nextAttemptAt: now };
  switch (failure.type) {
    case 'outside': {
      const causeTries = row.cause === failure.cause ? row.cause_tries + 1 : 1;
      const nextAttemptAt = retryAt(failure.cause, causeTries, now);
      store.inbox.again(row.id, { ...same, claims: 0, cause: failure.cause, causeTries, nextAttemptAt });
      return;
    }
    case 'ours':
      if (row.claims >= maxClaims) giveUp(parts, row, 'my agent never took it');
      else store.inbox.again(row.id, same);
      return;
    case 'message': {
      if (!how.taken) {
        if (row.claims >= maxClaims) giveUp(parts, row, failure.reason);
        else store.inbox.again(row.id, { ...same, nextAttemptAt: now + backoffMs(row.claims, 80_000) });
        return;
      }
      const attempts = row.attempts + 1;
      if (attempts >= maxAttempts) giveUp(parts, row, failure.reason);
      else store.inbox.again(row.id, { ...same, attempts, nextAttemptAt: now + backoffMs(attempts, 80_000) });
    }
  }
}

function giveUp(parts: TurnParts, row: InboxRow, reason: string): void {
  parts.store.inbox.bury(row.id);
  if (row.wakes === 0) return;
  const message = parts.store.messages.get(row.message_seq);
  const words = (message?.text ?? '').replace(/\s+/g, ' ').trim();
  const quoted = words.length > 60 ? `${words.slice(0, 60)}…` : words;
  const text = `⚠️ I could not answer “${quoted}” (${messageName(row.message_seq)}): ${reason}. I have given up on it; please say it again if you still need it.`;
  say(parts, row, { key: `notice:dead:${row.id}`, text });
}

function say(parts: TurnParts, row: InboxRow, notice: { key: string; text: string }): void {
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
