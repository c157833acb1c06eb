import { z } from 'zod';

/** Names inside a group's mailbox (`data/ipc/<folder>` outside, `/workspace/ipc` inside). */
export const mailboxPlaces = {
  /** Written by the host, read-only inside. */
  input: 'input',
  replies: 'replies',
  /** Written by the runner, read outside only through safe-files. */
  results: 'results',
  messages: 'messages',
  tasks: 'tasks',
  acks: 'acks',
} as const;
export const statusFile = 'status.json';
export const closeFile = '_close';

/** `<seq>-<id>.json`, seq = 12 digits from a SQLite sequence, so that name order is the order to read in. */
export function inputFileName(seq: number, id: string): string {
  return `${String(seq).padStart(12, '0')}-${id}.json`;
}

export const messageInput = z.object({
  v: z.literal(1),
  type: z.literal('message'),
  id: z.string().min(1),
  turnId: z.string().min(1),
  chatJid: z.string(),
  threadId: z.string().optional(),
  text: z.string(),
  /** `default`: the SDK's own, whatever the start line says. */
  model: z.string().optional(),
  /** A schedule wrote it, no person. */
  task: z
    .object({
      id: z.string().min(1),
      /** isolated: in a session of its own that is not kept. */
      contextMode: z.enum(['group', 'isolated']),
      /** Asked first, with bash, whether the agent is to be woken: the last line it prints is `{wakeAgent, data?}`. */
      script: z.string().optional(),
    })
    .optional(),
});
export type MessageInput = z.infer<typeof messageInput>;

const interruptInput = z.object({ v: z.literal(1), type: z.literal('interrupt'), id: z.string(), turnId: z.string() });

/** One file the host puts in the mailbox for the agent. */
export const inputFile = z.discriminatedUnion('type', [messageInput, interruptInput]);
export type InputFile = z.infer<typeof inputFile>;

const figures = z.object({
  inputTokens: z.number().default(0),
  outputTokens: z.number().default(0),
  cacheReadTokens: z.number().default(0),
  cacheWriteTokens: z.number().default(0),
  costUsd: z.number().default(0),
});

/**
 * Tokens and dollars of one turn, the SDK's own figures. Cost is a local estimate from list prices. `models`: the same by
 * model, subagents included, where the SDK says.
 */
export const usage = figures.extend({ models: z.record(z.string(), figures).optional() });
export type Usage = z.infer<typeof usage>;

/**
 * Why a turn failed, as the runner sees it: `agent` and `session` are troubles of its own, everything else is an answer of
 * the model's server. The rest is evidence; what it means is decided by the host's table of failing answers.
 */
export const resultError = z.object({
  code: z.enum(['credential', 'overloaded', 'network', 'prompt-too-long', 'model', 'session', 'agent']),
  message: z.string(),
  status: z.number().int().optional(),
  /** The SDK's word for it: `authentication_failed`, `rate_limit` … */
  reason: z.string().optional(),
  /** The model's stop reason: `refusal` … */
  stop: z.string().optional(),
  /** When a limit ends, in ms since 1970. */
  resetsAt: z.number().optional(),
  /** What the gateway saw pass, put in by the host alone. */
  answer: z
    .object({
      host: z.string(),
      status: z.number(),
      error: z.object({ type: z.string(), message: z.string() }).optional(),
      strange: z.enum(['page', 'empty', 'redirect', 'other']).optional(),
      lost: z.string().optional(),
      resetsAt: z.number().optional(),
      plan: z.boolean().optional(),
    })
    .optional(),
});
export type ResultError = z.infer<typeof resultError>;

/** More inputs than any turn is given. */
const answersAtMost = 1_000;
// Counted before any of them is looked at: each that is wrong costs an issue, and a file may hold a million.
const answers = z
  .custom<string[]>((value) => !Array.isArray(value) || value.length <= answersAtMost, 'Too many answers')
  .pipe(z.array(z.string()));

/** `results/<turnId>-<ordinal>.json`: one answer of the agent. `answers` = ids of the inputs it answers; empty = unprompted. */
export const resultFile = z.object({
  v: z.literal(1).default(1),
  turnId: z.string().min(1),
  /** Counts from 1 within a turn. */
  ordinal: z.number().int().min(1),
  answers,
  status: z.preprocess((s) => (s === 'success' ? 'ok' : s), z.enum(['ok', 'error', 'stopped'])),
  result: z.string().nullable(),
  /** The text is not all there is: it met the limit of one answer or of the conversation, or the model paused. */
  cut: z.enum(['output', 'window', 'paused']).optional(),
  /** A task's script did not want the agent woken: no model was asked, and there is nothing to say. */
  skipped: z.boolean().optional(),
  /** Set when the session is no longer the one of the start line. */
  newSessionId: z.string().optional(),
  error: z.preprocess((e) => (typeof e === 'string' ? { code: 'agent', message: e } : e), resultError.optional()),
  usage: usage.optional(),
  /** For unprompted results: the run and turn whose background work ended. */
  origin: z.object({ runId: z.string(), turnId: z.string().optional() }).optional(),
});
export type ResultFile = z.infer<typeof resultFile>;

/** A tool's request: any JSON object with a type. `id` is absent only in files dropped by hand. */
export const requestFile = z.looseObject({
  type: z.string().min(1),
  id: z.uuid().optional(),
  /** The turn that asks, also when it is background work of an earlier one. */
  turnId: z.string().optional(),
});

/** `replies/<request id>.json`: what really happened. */
export const replyFile = z.discriminatedUnion('ok', [
  z.object({ ok: z.literal(true), result: z.unknown() }),
  z.object({ ok: z.literal(false), error: z.object({ code: z.string(), message: z.string() }) }),
]);
export type ReplyFile = z.infer<typeof replyFile>;

export const statusBody = z.object({
  v: z.literal(1),
  runId: z.string(),
  state: z.enum(['starting', 'ready', 'busy', 'idle', 'closing']),
  turnId: z.string().optional(),
  /** Background tasks of the agent still going on. */
  background: z.number().int().min(0).default(0),
  /** The turns that began them, a few at most. */
  backgroundTurns: z.array(z.string()).default([]),
  /** ISO instant by the runner's clock. */
  at: z.string(),
});
export type StatusBody = z.infer<typeof statusBody>;
