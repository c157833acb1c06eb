import { explainInWords } from '../acts/explain-in-words.ts';
import { explainMessage, findMessage } from '../acts/explain-message.ts';
import { NanoclawError } from '../model/errors.ts';
import type { Message } from '../model/message.ts';
import type { CommandCall, CommandParts } from './command.ts';

/** `/why m812`; without a name, about the message replied to, or the last one here that was no command. */
export function whyInChat({ desk, timeZone }: CommandParts, call: CommandCall): string {
  const message = wanted(desk.store, call);
  if (!message) return 'Nothing was said here yet that I could explain.';
  if (message.jid !== call.place.jid && !call.group?.isMain) {
    throw new NanoclawError('message.unknown', `${call.argument} is no message of this chat.`, {
      cure: 'The main chat may ask about every message.',
    });
  }
  const lines = explainInWords(explainMessage(desk.store, message), { timeZone, now: desk.clock.now() });
  // What is quoted must be seen whatever it says: nothing in it may look like a tag that hides the rest.
  return lines.join('\n').replaceAll('<', '‹');
}

function wanted(
  store: CommandParts['desk']['store'],
  { argument, message, place, seq }: CommandCall,
): Message | undefined {
  if (argument !== '') return findMessage(store, { id: argument });
  const { replyTo } = message;
  return replyTo ? findMessage(store, { id: replyTo.id, chat: place.jid }) : store.messages.lastSaid(place, seq);
}
