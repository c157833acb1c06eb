import { reactRequest } from '../../protocol/tools/talk.ts';
import { postDeed } from '../acts/post-deed.ts';
import { defineTool, messageCalled, refuse, type ToolDesk } from './tool.ts';

/** Puts an emoji to a message. */
export function createTool(desk: ToolDesk) {
  return defineTool({
    requestType: 'react',
    input: reactRequest,
    handle({ message_id: id, emoji: given }, caller) {
      const called = messageCalled(desk, id, caller);
      if (!called.ok) return called;
      const { name: target, place, ours } = called.message;
      const { reactions, emojis } = desk.abilitiesOf(place.jid);
      if (!reactions) return refuse('cannot_react', 'This chat shows no reactions. Say it in words.');
      const emoji = given.trim();
      const known = emojis?.map(plain);
      if (emoji !== '' && known && !known.includes(plain(emoji))) {
        return refuse('unknown_emoji', `This chat takes only these: ${known.join(' ')}`);
      }
      if (ours?.state === 'dead') return refuse('never_sent', `${id} never reached the chat.`);
      const { key, turnId, group } = caller;
      postDeed(desk, { key, group: group.folder, place, turnId, kind: 'reaction', target, text: emoji });
      return { ok: true, result: emoji === '' ? 'Your reaction will be taken back.' : `Stored: ${emoji} to ${id}.` };
    },
  });
}

/** Without the selector of its colourful form. */
function plain(emoji: string): string {
  return emoji.replaceAll('\uFE0F', '');
}
