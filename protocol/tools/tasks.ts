import { z } from 'zod';
import type { ToolDefinition } from './definition.ts';

const scheduleType = z.enum(['cron', 'interval', 'once']);
const prompt = z.string().min(1).max(20_000);
const script = z.string().max(50_000);
const scheduleValue = z.string().min(1).max(1_024);
const taskId = z.string().min(1).max(64);

/** What the model calls `task_id` is v1's `taskId` in a request. */
const named = ({ task_id, ...args }: Readonly<Record<string, unknown>>) => ({ ...args, taskId: task_id });

const scheduleTask = {
  name: 'schedule_task',
  description:
    'Have something done at a later hour, once or again and again: at its time an agent with your tools is woken in this ' +
    'chat with the prompt, and its answer is sent here. Times are local. The reply says when it comes next.',
  input: z.object({
    prompt: prompt.describe('What to do then; in isolated mode all that is needed to understand it'),
    schedule_type: scheduleType,
    schedule_value: scheduleValue.describe(
      'cron: "0 9 * * 1-5" (9:00 on weekdays); interval: milliseconds, at least 60000; once: "2026-03-01T15:30"',
    ),
    context_mode: z
      .enum(['group', 'isolated'])
      .default('group')
      .describe('group: with the conversation of this group; isolated: a fresh one each time'),
    target_group_jid: z.string().max(200).optional().describe('Main only: the chat to do it in instead of this one'),
    script: script
      .optional()
      .describe(
        'Bash run first, 30 s at most. Its last line is JSON {"wakeAgent": true or false, "data": …}; false wakes nobody',
      ),
  }),
  place: 'tasks',
  requestType: 'schedule_task',
  toRequest: ({ target_group_jid, ...args }) => ({
    ...args,
    ...(target_group_jid === undefined ? {} : { targetJid: target_group_jid }),
  }),
} as const satisfies ToolDefinition;

const listTasks = {
  name: 'list_tasks',
  description: 'The schedules of this group (in main: of all groups), when each comes next and how its last run went.',
  input: z.object({}),
  place: 'tasks',
  requestType: 'list_tasks',
} as const satisfies ToolDefinition;

const ofTask = { input: z.object({ task_id: taskId }), place: 'tasks', toRequest: named } as const;
const pauseTask = {
  ...ofTask,
  name: 'pause_task',
  description: 'Pause a schedule until it is resumed.',
  requestType: 'pause_task',
} as const satisfies ToolDefinition;
const resumeTask = {
  ...ofTask,
  name: 'resume_task',
  description: 'Resume a paused schedule; it comes next by its schedule from now on.',
  requestType: 'resume_task',
} as const satisfies ToolDefinition;
const cancelTask = {
  ...ofTask,
  name: 'cancel_task',
  description: 'Cancel a schedule for good.',
  requestType: 'cancel_task',
} as const satisfies ToolDefinition;

const updateTask = {
  name: 'update_task',
  description: 'Change what is given of a schedule; a new time counts from now.',
  input: z.object({
    task_id: taskId,
    prompt: prompt.optional(),
    schedule_type: scheduleType.optional(),
    schedule_value: scheduleValue.optional().describe('As for schedule_task, of its own type unless that changes too'),
    script: script.optional().describe('"" removes it'),
  }),
  place: 'tasks',
  requestType: 'update_task',
  toRequest: named,
} as const satisfies ToolDefinition;

export const taskTools: readonly ToolDefinition[] = [
  scheduleTask,
  listTasks,
  pauseTask,
  resumeTask,
  cancelTask,
  updateTask,
];

/** v1's files write an interval as a number now and then. */
const anyValue = z.union([scheduleValue, z.number().transform(String)]);

/** A `schedule_task` request as it stands in `tasks/`: v1's fields. The host says what is wrong with their values. */
export const scheduleRequest = z.object({
  type: z.literal('schedule_task'),
  id: z.uuid().optional(),
  prompt,
  schedule_type: scheduleType,
  schedule_value: anyValue,
  context_mode: z.string().nullish(),
  targetJid: z.string().min(1).optional(),
  taskId: taskId.optional(),
  script: script.nullish(),
});

export const listRequest = z.object({ type: z.literal('list_tasks'), id: z.uuid().optional() });

/** `pause_task`, `resume_task` and `cancel_task`. */
export const taskRequest = z.object({ type: z.string(), id: z.uuid().optional(), taskId });

export const updateRequest = z.object({
  type: z.literal('update_task'),
  id: z.uuid().optional(),
  taskId,
  prompt: prompt.optional(),
  schedule_type: scheduleType.optional(),
  schedule_value: anyValue.optional(),
  script: script.optional(),
});
