import { messageRequest } from '../../protocol/tools/talk.ts';
import { type Desk, postMessage } from '../acts/post-message.ts';
import { addressee, defineTool, refuse, storedAs } from './tool.ts';

/** Says something in a chat at once. */
export function createTool(desk: Desk) {
  return defineTool({
    requestType: 'message',
    input: messageRequest,
    handle(request, caller) {
      const to = addressee(desk, request.chatJid, caller);
      if (!to.ok) return to;
      const { group, place } = to;
      const { key, turnId } = caller;
      const text = request.sender ? `**${request.sender}:** ${request.text}` : request.text;
      if (postMessage(desk, { key, group, place, turnId, text })) return { ok: true, result: storedAs(desk, key) };
      return refuse('nothing_to_send', 'Nothing remains of the text to send.');
    },
  });
}
