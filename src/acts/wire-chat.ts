import { NanoclawError } from '../model/errors.ts';
import type { Store } from '../store/store.ts';

interface Wire {
  readonly jid: string;
  readonly folder: string;
  readonly name?: string;
  /** Of which channel it is; not needed for a chat that was seen. */
  readonly channel?: string | undefined;
}

/** Wires a chat to a group; a chat not seen yet is made known. Throws `chat.unknown-kind`, `chat.wired`, `group.unknown`. */
export function wireChat(store: Store, wire: Wire): void {
  const { jid, folder } = wire;
  const channel = wire.channel ?? store.chats.get(jid)?.channel;
  if (channel === undefined) {
    throw new NanoclawError('chat.unknown-kind', `"${jid}" is no chat id that a channel knows.`, {
      cure: 'Ids look like tg:123 or terminal:folder; "./nanoclaw chats list" shows those seen.',
    });
  }
  store.transaction(() => {
    if (!store.groups.get(folder)) {
      throw new NanoclawError('group.unknown', `There is no group with the folder ${folder}.`, {
        cure: '"./nanoclaw groups list" shows them all.',
      });
    }
    const chat = store.chats.get(jid);
    if (chat?.group !== undefined && chat.group !== folder) {
      throw new NanoclawError('chat.wired', `${jid} is wired to the group ${chat.group}.`, {
        cure: `Unwire it first: ./nanoclaw groups unwire --jid ${jid}`,
      });
    }
    if (!chat) store.chats.see({ jid, channel, name: wire.name ?? jid, isGroup: false });
    // Nothing is written for one that is wired: a terminal attaches on a full disk too.
    if (chat?.group !== folder) store.chats.wire(jid, folder);
  });
}

/** Takes a chat from its group; its messages stay. Gives the group's folder. Throws `chat.not-wired`. */
export function unwireChat(store: Store, jid: string): string {
  const folder = store.chats.get(jid)?.group;
  if (folder === undefined) {
    throw new NanoclawError('chat.not-wired', `${jid} is wired to no group.`, {
      cure: '"./nanoclaw chats list" shows which chats are.',
    });
  }
  store.chats.wire(jid, undefined);
  return folder;
}
