import { z } from 'zod';

/** What the host decides for one container run; part of the start line. Unknown keys are ignored by older runners. */
const runSettings = z.object({
  /** IANA zone for anything the agent says about time. */
  timeZone: z.string().default('UTC'),
  /** Sentences added to the system prompt: who the assistant is, what its way out of the sandbox allows. */
  instructions: z.string().default(''),
  /** How often the SDK itself repeats a failed model request before the turn fails (house §5 fixes 2). */
  modelRetries: z.number().int().min(0).default(2),
  /** SDK options for partial text; off where no channel of the group streams. */
  streaming: z.boolean().default(false),
});

/**
 * The one JSON line a runner reads from stdin before it does anything. v1's fields, plus `v`, `runId`, `model`, `settings`.
 * The host always sends `prompt: ""` and every message as an input file; a non-empty prompt (a runner started by hand)
 * is one input with id `start`.
 */
export const startLine = z.object({
  v: z.literal(1).default(1),
  /** UUID of this container run; requests are identified by (runId, request id). */
  runId: z.string().min(1).default('by-hand'),
  prompt: z.string().default(''),
  /** UUID of the SDK session: resumed when its transcript exists, begun under this id when it does not. */
  sessionId: z.string().optional(),
  groupFolder: z.string().min(1),
  chatJid: z.string(),
  isMain: z.boolean(),
  isScheduledTask: z.boolean().optional(),
  assistantName: z.string().optional(),
  script: z.string().optional(),
  model: z.string().optional(),
  settings: runSettings.default(runSettings.parse({})),
});
export type StartLine = z.infer<typeof startLine>;
