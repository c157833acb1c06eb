import { editRequest } from '../../protocol/tools/talk.ts';
import { postDeed } from '../acts/post-deed.ts';
import { stripInternal } from '../text/internal.ts';
import { splitMarkdown } from '../text/split.ts';
import { defineTool, messageCalled, refuse, type ToolDesk } from './tool.ts';

/** Replaces the text of a message of ours. */
export function createTool(desk: ToolDesk) {
  return defineTool({
    requestType: 'edit_message',
    input: editRequest,
    handle({ message_id: id, text: given }, caller) {
      const called = messageCalled(desk, id, caller);
      if (!called.ok) return called;
      const { name: target, place, ours } = called.message;
      if (!ours || isOfTheHost(ours.key)) {
        return refuse('not_yours', `${id} is no message of yours: only what you said yourself can be changed.`);
      }
      if (ours.state === 'dead') return refuse('never_sent', `${id} never reached the chat. Send it anew.`);
      const text = stripInternal(given);
      if (text === '') return refuse('nothing_to_send', 'Nothing remains of the text.');
      const limits = desk.limitOf(place.jid);
      if (splitMarkdown(text, limits).length > 1) {
        return refuse(
          'too_long',
          `The new text must fit one message, ${limits.length} characters here. Send the rest anew.`,
        );
      }
      if (desk.store.said.change(ours.id, text)) return { ok: true, result: `${id} was changed before it was sent.` };
      if (!desk.abilitiesOf(place.jid).edits) {
        return refuse('cannot_edit', 'What was sent in this chat stays as it is. Send another message instead.');
      }
      const { key, turnId, group } = caller;
      postDeed(desk, { key, group: group.folder, place, turnId, kind: 'edit', target, text });
      return { ok: true, result: `Stored: ${id} will read so.` };
    },
  });
}

/** Notices and replies to commands: people take them for the host's word. */
function isOfTheHost(key: string): boolean {
  return !/^(request|result):/.test(key);
}
