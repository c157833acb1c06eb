import { updateRequest } from '../../protocol/tools/tasks.ts';
import { findTask } from '../acts/find-task.ts';
import { stateInWords } from '../acts/task-words.ts';
import { updateTask } from '../acts/update-task.ts';
import { defineTool, orRefuse, type ToolDesk } from './tool.ts';

export function createTool(desk: ToolDesk) {
  return defineTool({
    requestType: 'update_task',
    input: updateRequest,
    handle: (request, { group }) =>
      orRefuse(() => {
        const task = updateTask(desk, {
          task: findTask(desk.store, request.taskId, group),
          prompt: request.prompt,
          script: request.script,
          scheduleType: request.schedule_type,
          scheduleValue: request.schedule_value,
        });
        return { ok: true, result: `Changed. ${stateInWords(task, desk.timetable.zone)}` };
      }),
  });
}
