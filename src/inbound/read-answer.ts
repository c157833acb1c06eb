import { readButton } from '../acts/ask-question.ts';
import type { Group } from '../model/group.ts';
import { type InboundMessage, questionName } from '../model/message.ts';
import type { Question } from '../store/questions.ts';
import type { Store } from '../store/store.ts';
import { type Answering, startsWithTrigger } from './policy.ts';

export interface ReadMessage {
  /** A press says what stands on the button. */
  readonly message: InboundMessage;
  readonly answering: Answering | undefined;
}

/** Whether the message answers a question of the group's. Whoever sent it may or may not be allowed to. */
export function readAnswer(store: Store, message: InboundMessage, group: Group): ReadMessage {
  if (message.kind === 'click') return readPress(store, message, group);
  if (message.kind !== 'message') return { message, answering: undefined };
  const words = withoutTrigger(message.text, group.trigger).trim();
  for (const question of store.questions.openIn(message.jid)) {
    const chosen = question.group === group.folder ? answerIn(store, question, { message, words }) : undefined;
    if (chosen !== undefined) return { message, answering: { type: 'answer', question, chosen } };
  }
  return { message, answering: undefined };
}

function readPress(store: Store, message: InboundMessage, group: Group): ReadMessage {
  const pressed = readButton(message.text);
  const question = pressed && store.questions.get(pressed.id);
  const option = pressed && question?.options[pressed.index];
  if (!question || option === undefined || question.place.jid !== message.jid || question.group !== group.folder) {
    return { message, answering: undefined };
  }
  if (question.state === 'open') {
    return { message: { ...message, text: option }, answering: { type: 'answer', question, chosen: option } };
  }
  const answered = question.state === 'answered';
  const why = answered ? 'which was answered before' : 'whose time was over';
  const text = `[pressed “${option}” of ${questionName(question.id)}, ${why}]`;
  return { message: { ...message, text }, answering: { type: 'late', answered } };
}

function answerIn(
  store: Store,
  question: Question,
  { message, words }: { message: InboundMessage; words: string },
): string | undefined {
  const { options, numbered, place, key } = question;
  const asked = store.said.ofKey(key);
  // Nobody answers what is not in the chat yet.
  if (asked.at(-1)?.state !== 'sent') return undefined;
  const replies = message.replyTo !== undefined && asked.some((row) => row.platformId === message.replyTo?.id);
  if (!replies && place.thread !== message.thread) return undefined;
  const number = numbered ? /^(\d{1,2})[.)]?$/.exec(words)?.[1] : undefined;
  const byNumber = number === undefined ? undefined : options[Number(number) - 1];
  const chosen = byNumber ?? options.find((option) => fold(option) === fold(words));
  if (chosen !== undefined) return chosen;
  return replies || options.length === 0 ? words : undefined;
}

/** In a group people are used to beginning with its name. */
function withoutTrigger(text: string, trigger: string): string {
  return startsWithTrigger(text, trigger) ? text.trimStart().slice(trigger.trim().length) : text;
}

function fold(text: string): string {
  return text.normalize('NFKC').trim().toLowerCase();
}
