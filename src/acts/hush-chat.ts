import type { Place } from '../model/chat.ts';
import { nameInWords } from './announce-chat.ts';
import { type Desk, postMessage } from './post-message.ts';
import { tellMain } from './tell-main.ts';

interface Hushed {
  readonly group: string;
  readonly place: Place;
  /** The message that was one too many. */
  readonly seq: number;
  readonly who: { readonly name: string; readonly isMachine: boolean };
  readonly exchanges: number;
  readonly quietMs: number;
}

/** Tells the owner, and whoever may be no machine, why nothing is answered in a chat for a while. Joins the caller's transaction. */
export function hushChat(desk: Desk, hushed: Hushed): void {
  const { group, place, seq, who, exchanges, quietMs } = hushed;
  const chat = desk.store.chats.get(place.jid);
  const name = nameInWords(chat?.name ?? '') || place.jid;
  const sender = nameInWords(who.name) || 'somebody';
  const long = quietMs > 3_600_000 ? 'a day' : 'an hour';
  const sooner = chat?.isGroup ? ' To go on at once, write something there yourself.' : '';
  tellMain(desk, {
    key: `notice:machines:${place.jid}:${seq}`,
    text: `⏸ I answer nothing in “${name}” (${place.jid}) for ${long}: ${sender} and I have answered each other ${exchanges} times in a row, as two machines do, and every answer costs. What is said there is kept, and I read it then.${sooner}`,
  });
  if (who.isMachine) return;
  const text = `⏸ We have answered each other ${exchanges} times in a row. In case you are a machine I am quiet here for ${long}; my owner was told.`;
  postMessage(desk, { key: `notice:quiet:${place.jid}:${seq}`, group, place, text });
}
