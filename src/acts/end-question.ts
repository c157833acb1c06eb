import { outboxName } from '../model/message.ts';
import type { Question } from '../store/questions.ts';
import { splitMarkdown } from '../text/split.ts';
import { nameInWords } from './announce-chat.ts';
import { postDeed } from './post-deed.ts';
import type { Desk } from './post-message.ts';

export type QuestionEnd =
  | { readonly type: 'answered'; readonly message: number; readonly chosen: string; readonly by: string }
  | { readonly type: 'expired'; readonly message: number };

/**
 * Ends an open question: only the first end counts. Where it has buttons they are taken away, and what was chosen stands
 * below it. Joins the caller's transaction.
 */
export function endQuestion(desk: Desk, question: Question, end: QuestionEnd): void {
  const { store } = desk;
  const answer = end.type === 'answered' ? { answer: end.chosen } : {};
  if (!store.questions.end(question.id, { state: end.type, message: end.message, ...answer })) return;
  const asked = store.said.ofKey(question.key).at(-1);
  if (!asked?.buttons || asked.state === 'dead') return;
  const state =
    end.type === 'answered' ? `✅ ${end.chosen} (${nameInWords(end.by) || 'somebody'})` : '⌛ Nobody answered in time.';
  const text = `${store.said.textNow(asked)}\n\n${state}`;
  const shown = splitMarkdown(text, desk.limitOf(question.place.jid)).length > 1 ? store.said.textNow(asked) : text;
  const { group, place } = question;
  const target = outboxName(asked.id);
  // A notice: when the message is gone from the chat, nobody needs to hear that its buttons are, too.
  postDeed(desk, {
    key: `notice:question:${question.id}`,
    group,
    place,
    turnId: undefined,
    kind: 'edit',
    target,
    text: shown,
  });
}
