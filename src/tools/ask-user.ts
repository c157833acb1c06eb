import { askRequest } from '../../protocol/tools/talk.ts';
import { askQuestion } from '../acts/ask-question.ts';
import { questionName } from '../model/message.ts';
import { stripInternal } from '../text/internal.ts';
import { addressee, defineTool, refuse, type ToolDesk } from './tool.ts';

const minuteMs = 60_000;
const mostOpen = 10;

/** Asks the people of a chat; the answer comes as a message. */
export function createTool(desk: ToolDesk) {
  return defineTool({
    requestType: 'ask_user',
    input: askRequest,
    handle(request, caller) {
      const to = addressee(desk, request.chatJid, caller);
      if (!to.ok) return to;
      const { key, turnId, group } = caller;
      if (to.group !== group.folder) {
        return refuse(
          'not_your_chat',
          `The answer would wake the group ${to.group}, not you. Ask in a chat of your own.`,
        );
      }
      const question = stripInternal(request.question);
      if (question === '') return refuse('nothing_to_send', 'Nothing remains of the question.');
      const options = request.options ?? [];
      if (new Set(options.map((option) => option.toLowerCase())).size < options.length) {
        return refuse('same_options', 'Two options are the same. Give each a label of its own.');
      }
      if (desk.store.questions.openIn(to.place.jid).length >= mostOpen) {
        return refuse(
          'too_many_questions',
          `${mostOpen} questions are open in this chat already. Wait for answers first.`,
        );
      }
      const minutes = request.timeout_minutes ?? 60;
      const { buttons } = desk.abilitiesOf(to.place.jid);
      const asked = { key, group: group.folder, place: to.place, turnId, question, options, buttons };
      const id = questionName(askQuestion(desk, { ...asked, timeoutMs: minutes * minuteMs }));
      return {
        ok: true,
        result: `Asked as ${id}. The answer will be a message marked answers="${id}"; without one within ${minutes} minutes you are told so.`,
      };
    },
  });
}
