import { taskRequest } from '../../protocol/tools/tasks.ts';
import { changeTask, defineTool, type ToolDesk } from './tool.ts';

export function createTool(desk: ToolDesk) {
  return defineTool({
    requestType: 'cancel_task',
    input: taskRequest,
    handle: ({ taskId }, caller) => changeTask(desk, caller, { id: taskId, deed: 'cancel' }),
  });
}
