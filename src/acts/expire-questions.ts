import { questionName } from '../model/message.ts';
import type { Question } from '../store/questions.ts';
import { quoteQuestion } from './ask-question.ts';
import { endQuestion } from './end-question.ts';
import type { Desk } from './post-message.ts';

/**
 * Ends the questions whose time is over: each becomes a message of the host's own that wakes the group and says that
 * nobody answered. True when there were any.
 */
export function expireQuestions(desk: Desk): boolean {
  const { store, clock } = desk;
  const due = store.questions.due(clock.now());
  for (const question of due) store.transaction(() => expire(desk, question));
  return due.length > 0;
}

function expire(desk: Desk, question: Question): void {
  const { store } = desk;
  const now = desk.clock.now();
  const { id, group, place } = question;
  // A chat that was taken from the group since is nothing to it.
  if (store.chats.get(place.jid)?.group !== group) {
    store.questions.drop(id);
    return;
  }
  const name = questionName(id);
  const message = store.messages.insertInbound(
    {
      ...place,
      platformId: `question:${id}`,
      kind: 'message',
      revision: 0,
      senderId: `question:${id}`,
      senderName: 'question',
      text: `Nobody has answered ${name} in time: “${quoteQuestion(question)}”`,
      sentAt: now,
      mentionsAssistant: false,
      fromOwner: false,
      replyTo: undefined,
    },
    'member',
    now,
  );
  if (message === undefined) return;
  endQuestion(desk, question, { type: 'expired', message });
  store.inbox.add({ group, place, message, wakes: true });
}
