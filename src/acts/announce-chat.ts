import { plainText } from '../text/plain.ts';
import type { Desk } from './post-message.ts';
import { tellMain } from './tell-main.ts';

export interface NewChat {
  readonly jid: string;
  readonly name: string;
  /** Who brought us there. */
  readonly by: string | undefined;
  readonly how: 'added' | 'called';
}

/**
 * Tells the owner of a chat that no group has, and how to wire it: one line ever for each chat, and none before somebody
 * is an owner.
 */
export function announceChat(desk: Desk, chat: NewChat): void {
  const { store } = desk;
  if (!store.owners.any() || store.chats.get(chat.jid)?.group !== undefined) return;
  const name = nameInWords(chat.name) || 'New chat';
  const by = nameInWords(chat.by ?? '') || 'somebody';
  const jid = argument(chat.jid);
  const folder = freeFolder(desk, name);
  const what = chat.how === 'added' ? `I was added to “${name}”` : `I was called in “${name}”`;
  const text = `👋 ${what} (${jid}) by ${by}; no group has that chat, so I stay silent there. A group of its own: \`./nanoclaw groups add --jid ${jid} --name ${argument(name)} --folder ${folder}\` or one there is: \`./nanoclaw groups wire --jid ${jid} --folder FOLDER\``;
  tellMain(desk, { key: `notice:chat:${chat.jid}`, text });
}

/** Strangers choose these names, and what is printed of them is pasted into a shell: letters, digits and a few signs remain. */
export function nameInWords(text: string): string {
  return plainText(text)
    .replace(/[^\p{L}\p{M}\p{N} ._-]+/gu, ' ')
    .replace(/\s+/g, ' ')
    .trim()
    .replace(/^-+/, '')
    .slice(0, 60)
    .toWellFormed();
}

function argument(text: string): string {
  return /^[\w@.:+-]+$/.test(text) ? text : `'${text.replace(/[^\p{L}\p{M}\p{N} @.:+_-]/gu, '')}'`;
}

function freeFolder({ store }: Desk, name: string): string {
  const plain = name
    .normalize('NFKD')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-');
  const folder = plain.replace(/^-+|-+$/g, '').slice(0, 30) || 'chat';
  for (let n = 1; ; n++) {
    const one = n === 1 ? folder : `${folder}-${n}`;
    if (one !== 'global' && one !== 'errors' && !store.groups.get(one)) return one;
  }
}
