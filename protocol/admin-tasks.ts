import { z } from 'zod';

const id = z.string().min(1).max(64);
const scheduleType = z.enum(['cron', 'interval', 'once']);

const task = z.object({
  id: z.string(),
  group: z.string(),
  chat: z.string(),
  thread: z.string().nullable(),
  prompt: z.string(),
  script: z.string().nullable(),
  scheduleType,
  scheduleValue: z.string(),
  /** For a person. */
  schedule: z.string(),
  contextMode: z.enum(['group', 'isolated']),
  state: z.enum(['active', 'paused', 'done', 'cancelled']),
  pauseReason: z.string().nullable(),
  nextRunAt: z.number().nullable(),
  failures: z.number(),
  createdAt: z.number(),
  createdBy: z.string(),
});

export const taskRunFacts = z.object({
  dueAt: z.number(),
  firedAt: z.number(),
  endedAt: z.number().nullable(),
  state: z.enum(['open', 'ok', 'silent', 'failed']),
  detail: z.string().nullable(),
  /** How many occurrences it stands for besides its own. */
  missed: z.number(),
  byHand: z.boolean(),
  /** The message it became, for `why`. */
  message: z.string(),
});
export type TaskFacts = z.output<typeof task>;
export type TaskRunFacts = z.output<typeof taskRunFacts>;

const oneTask = { params: z.object({ id }), result: task };

export const taskMethods = {
  /** The oldest first; without `all` only those that are still to come. */
  'tasks.list': {
    params: z.object({ group: z.string().optional(), all: z.boolean().default(false) }),
    result: z.array(task.extend({ last: taskRunFacts.nullable() })),
  },
  /** With its newest runs, the newest first. */
  'tasks.show': {
    params: z.object({ id, runs: z.number().int().min(1).max(1000).default(20) }),
    result: task.extend({ runs: z.array(taskRunFacts) }),
  },
  /** In that chat, for the group that has it. */
  'tasks.add': {
    params: z.object({
      chat: z.string().min(1),
      prompt: z.string().min(1).max(20_000),
      scheduleType,
      scheduleValue: z.string().min(1).max(1_024),
      contextMode: z.enum(['group', 'isolated']).default('group'),
      script: z.string().max(50_000).optional(),
    }),
    result: task,
  },
  'tasks.pause': oneTask,
  'tasks.resume': oneTask,
  'tasks.cancel': oneTask,
  /** Now, beside its schedule. */
  'tasks.run': { params: z.object({ id }), result: z.object({ message: z.string() }) },
} as const;
