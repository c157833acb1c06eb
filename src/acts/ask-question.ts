import type { Place } from '../model/chat.ts';
import { questionName } from '../model/message.ts';
import type { Question } from '../store/questions.ts';
import { shorten } from '../text/shorten.ts';
import { type Desk, postMessage } from './post-message.ts';

export interface Asked {
  readonly key: string;
  readonly group: string;
  readonly place: Place;
  readonly turnId: string | undefined;
  /** What remains of it without `<internal>` is not empty. */
  readonly question: string;
  readonly options: readonly string[];
  readonly timeoutMs: number;
  /** The chat has buttons; elsewhere the options stand there as a numbered list. */
  readonly buttons: boolean;
}

/** Asks the people of a chat. The question's number; its answer or its end will be a message. Joins the caller's transaction. */
export function askQuestion(desk: Desk, asked: Asked): number {
  const { key, group, place, turnId, question, options } = asked;
  const now = desk.clock.now();
  const numbered = options.length > 0 && !asked.buttons;
  const expiresAt = now + asked.timeoutMs;
  const id = desk.store.questions.add({ group, place, question, options, numbered, key, expiresAt }, now);
  const list = options.map((option, index) => `${index + 1}. ${option}`).join('\n');
  const text = numbered ? `${question}\n\n${list}\n\nAnswer with a number.` : question;
  const buttons = options.map((label, index) => ({ label, value: buttonValue(id, index) }));
  postMessage(desk, { key, group, place, turnId, text, ...(asked.buttons && buttons.length > 0 ? { buttons } : {}) });
  return id;
}

function buttonValue(id: number, index: number): string {
  return `${questionName(id)}:${index + 1}`;
}

/** The question and the option that a pressed button stands for; undefined when it is no button of a question. */
export function readButton(value: string): { id: number; index: number } | undefined {
  const match = /^q(\d{1,15}):(\d{1,2})$/.exec(value);
  return match ? { id: Number(match[1]), index: Number(match[2]) - 1 } : undefined;
}

/** Its words as a prompt or a notice quotes them. */
export function quoteQuestion({ question }: Pick<Question, 'question'>): string {
  return shorten(question, 200);
}
