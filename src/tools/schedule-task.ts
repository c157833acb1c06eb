import type { z } from 'zod';
import { scheduleRequest } from '../../protocol/tools/tasks.ts';
import { guard } from '../acts/guard.ts';
import { scheduleTask } from '../acts/schedule-task.ts';
import { scheduleInWords } from '../acts/task-words.ts';
import type { Place } from '../model/chat.ts';
import type { ContextMode } from '../model/task.ts';
import { type Caller, defineTool, orRefuse, refuse, type ToolDesk, type ToolReply } from './tool.ts';

type Request = z.output<typeof scheduleRequest>;
type Refused = Extract<ToolReply, { ok: false }>;

/** Has something done at a later hour, in the chat of the turn that asks or, for main, in another one. */
export function createTool(desk: ToolDesk) {
  return defineTool({
    requestType: 'schedule_task',
    input: scheduleRequest,
    handle(request, caller) {
      const to = placeOf(desk, request, caller);
      if (!to.ok) return to;
      const contextMode = contextModeOf(request);
      if (contextMode === undefined) {
        return refuse(
          'invalid_arguments',
          `context_mode is "group" or "isolated", not "${request.context_mode?.slice(0, 40)}".`,
        );
      }
      return orRefuse(() => {
        const { group, place } = to;
        const task = scheduleTask(desk, {
          id: request.taskId,
          group,
          place,
          contextMode,
          prompt: request.prompt,
          script: request.script?.trim() ? request.script : undefined,
          schedule: { type: request.schedule_type, value: request.schedule_value },
          createdBy: caller.place?.jid ?? caller.group.folder,
        });
        const next = desk.timetable.zone.inWords(task.nextRunAt ?? 0);
        const where = place.jid === caller.place?.jid ? '' : ` in ${place.jid}`;
        return {
          ok: true,
          result: `Scheduled as ${task.id}${where}: ${scheduleInWords(task.schedule)}, next ${next} (${desk.timetable.zone.name}).`,
        };
      });
    },
  });
}

function placeOf(
  desk: ToolDesk,
  { targetJid }: Request,
  { group, place }: Caller,
): Refused | { ok: true; group: string; place: Place } {
  const jid = targetJid ?? place?.jid;
  if (jid === undefined) return refuse('unknown_chat', 'No turn runs here: name the chat in targetJid.');
  const verdict = guard(desk.store, group, { verb: 'schedule', jid });
  const owner = desk.store.chats.get(jid)?.group;
  if (verdict === 'unknown' || owner === undefined) return refuse('unknown_chat', `${jid} is no chat of a group.`);
  if (verdict !== 'allowed') {
    return refuse('not_allowed', `${jid} belongs to another group: you may schedule only for your own chats.`);
  }
  return { ok: true, group: owner, place: jid === place?.jid ? place : { jid, thread: undefined } };
}

// Dropped by hand, v1's way, what is not known of it is isolated; from the tool, it is a mistake.
function contextModeOf({ id, context_mode: mode }: Request): ContextMode | undefined {
  if (mode === 'group' || mode === 'isolated') return mode;
  if (id === undefined) return 'isolated';
  return mode === undefined ? 'group' : undefined;
}
