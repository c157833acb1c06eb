import { messageRequest } from '../../protocol/tools.ts';
import { type Desk, postMessage } from '../acts/post-message.ts';
import { defineTool } from './tool.ts';

/** Says something in a chat at once. A group may speak in its own chats, main in every wired chat. */
export function createTool(desk: Desk) {
  return defineTool({
    requestType: 'message',
    input: messageRequest,
    handle(request, caller) {
      const chat = desk.store.chats.get(request.chatJid);
      if (!chat?.group) {
        return { ok: false, error: { code: 'unknown_chat', message: `${request.chatJid} is no chat of a group.` } };
      }
      if (chat.group !== caller.group.folder && !caller.group.isMain) {
        return { ok: false, error: { code: 'not_allowed', message: 'You may send messages only to your own chats.' } };
      }
      const own = caller.place?.jid === chat.jid;
      const said = postMessage(desk, {
        key: caller.key,
        group: chat.group,
        place: own && caller.place ? caller.place : { jid: chat.jid, thread: undefined },
        turnId: caller.turnId,
        text: request.sender ? `**${request.sender}:** ${request.text}` : request.text,
      });
      if (said) return { ok: true, result: 'Stored for delivery.' };
      return { ok: false, error: { code: 'nothing_to_send', message: 'Nothing remains of the text to send.' } };
    },
  });
}
