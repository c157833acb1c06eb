import { listRequest } from '../../protocol/tools/tasks.ts';
import { listTasks } from '../acts/list-tasks.ts';
import { defineTool, type ToolDesk } from './tool.ts';

/** The asker's schedules; main's are everybody's. */
export function createTool(desk: ToolDesk) {
  return defineTool({
    requestType: 'list_tasks',
    input: listRequest,
    handle(_request, { group }) {
      const lines = listTasks(desk, group, { promptUnits: 200 });
      return { ok: true, result: lines.join('\n') || 'There are no scheduled tasks.' };
    },
  });
}
