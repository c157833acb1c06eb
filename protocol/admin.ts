import { z } from 'zod';
import { taskMethods, taskRunFacts } from './admin-tasks.ts';
import { budgetWish, usageMethods } from './admin-usage.ts';
import { usage } from './mailbox.ts';

/**
 * The admin socket: JSON lines on `data/admin.sock` (0600). The client sends requests, the host sends one reply for each
 * (`id` repeats the request's) and, on a connection that attached a chat, events. A line is at most `adminLineLimit` bytes.
 */
export const adminLineLimit = 32 * 1024 * 1024;

export const adminRequest = z.object({ id: z.number().int(), method: z.string(), params: z.unknown().optional() });

export const adminReply = z.discriminatedUnion('ok', [
  z.object({ id: z.number().int(), ok: z.literal(true), result: z.unknown() }),
  z.object({ id: z.number().int(), ok: z.literal(false), error: z.object({ code: z.string(), message: z.string() }) }),
]);
export type AdminReply = z.infer<typeof adminReply>;

/** What an attached terminal is told. */
export const chatEvent = z.discriminatedUnion('event', [
  /**
   * One message of the assistant, Markdown. It counts as delivered when a client says `chat.printed` with its key, and comes
   * again under the same key until one does.
   */
  z.object({ event: z.literal('message'), jid: z.string(), key: z.string(), text: z.string() }),
  z.object({ event: z.literal('typing'), jid: z.string(), on: z.boolean() }),
  /** The answer so far, Markdown; `id` is the same while it grows, an empty text takes it back. A message takes its place. */
  z.object({ event: z.literal('draft'), jid: z.string(), id: z.number(), text: z.string() }),
  /** The tool at work; null: none is. */
  z.object({ event: z.literal('tool'), jid: z.string(), name: z.string().nullable() }),
]);
export type ChatEvent = z.infer<typeof chatEvent>;

/** Anything the host may write on the socket. */
export const adminLine = z.union([adminReply, chatEvent]);

const folder = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/, 'a folder is letters, digits, - and _, at most 64');

const hostAndPort = z
  .string()
  .regex(/^([\w.-]+|\[[\da-fA-F:.]+\]):\d{1,5}$/, 'an address is host:port, such as example.com:443');

/** Parameters and results of every method; the host parses params, the client parses results. */
export const adminMethods = {
  status: {
    params: z.object({}),
    result: z.object({
      pid: z.number(),
      version: z.string(),
      home: z.string(),
      startedAt: z.number(),
      assistantName: z.string(),
      model: z.string().nullable(),
      credential: z.string(),
      sandbox: z.object({ runtime: z.string(), class: z.string(), state: z.string() }),
      channels: z.array(z.object({ name: z.string(), state: z.string() })),
      groups: z.number(),
      containers: z.array(z.object({ group: z.string(), run: z.string(), state: z.string(), sinceAt: z.number() })),
      waiting: z.object({ inbox: z.number(), outbox: z.number(), dead: z.number() }),
      warnings: z.array(z.string()),
    }),
  },
  stop: { params: z.object({ now: z.boolean().default(false) }), result: z.object({}) },
  'groups.list': {
    params: z.object({}),
    result: z.array(
      z.object({
        folder: z.string(),
        name: z.string(),
        isMain: z.boolean(),
        trigger: z.string(),
        requiresTrigger: z.boolean(),
        model: z.string().nullable(),
        egress: z.string(),
        /** Dollars a day; null: none of its own; `none`: held by no budget. */
        budget: z.union([z.number(), z.literal('none')]).nullable(),
        chats: z.array(z.string()),
        mounts: z.array(
          z.object({
            host: z.string(),
            /** Below /workspace/extra. */
            name: z.string(),
            readOnly: z.boolean(),
            /** Why it is not mounted, or not as it was asked for. */
            problem: z.string().nullable(),
          }),
        ),
        /** `host:port` pairs that it may reach whatever its egress is, private addresses included. */
        allow: z.array(z.string()),
      }),
    ),
  },
  'groups.add': {
    params: z.object({
      jid: z.string().min(3),
      name: z.string().min(1).max(200),
      folder,
      trigger: z.string().min(1).max(100).optional(),
      requiresTrigger: z.boolean().optional(),
      isMain: z.boolean().optional(),
      model: z.string().optional(),
      egress: z.enum(['llm-only', 'allowlist', 'open-public']).optional(),
    }),
    result: z.object({ folder: z.string() }),
  },
  'groups.wire': { params: z.object({ jid: z.string().min(3), folder }), result: z.object({}) },
  'groups.unwire': { params: z.object({ jid: z.string().min(3) }), result: z.object({ folder: z.string() }) },
  /** What is given is changed; `model: "default"` forgets the group's own. */
  'groups.set': {
    params: z.object({
      folder,
      name: z.string().min(1).max(200).optional(),
      trigger: z.string().min(1).max(100).optional(),
      requiresTrigger: z.boolean().optional(),
      model: z.string().min(1).optional(),
      egress: z.enum(['llm-only', 'allowlist', 'open-public']).optional(),
      budget: budgetWish.optional(),
      mounts: z
        .object({
          add: z.array(
            z.object({
              hostPath: z.string().min(1),
              containerPath: z.string().min(1).optional(),
              readonly: z.boolean(),
            }),
          ),
          remove: z.array(z.string()),
        })
        .optional(),
      allow: z.object({ add: z.array(hostAndPort), remove: z.array(z.string()) }).optional(),
    }),
    result: z.object({}),
  },
  /** Its folder stays where it is; its chats are wired to nothing. */
  'groups.remove': { params: z.object({ folder }), result: z.object({ chats: z.array(z.string()) }) },
  /** A one-time code that makes whoever writes it on that channel an owner; the one before is void. */
  pair: {
    params: z.object({ channel: z.string().min(1).max(64) }),
    result: z.object({ channel: z.string(), code: z.string(), expiresAt: z.number() }),
  },
  /** What became of a message, by our name for it (`m812`) or, with `chat`, by the platform's id. */
  why: {
    params: z.object({ id: z.string().min(1), chat: z.string().optional() }),
    result: z.object({
      id: z.string(),
      chat: z.string(),
      thread: z.string().nullable(),
      direction: z.enum(['in', 'out']),
      kind: z.string(),
      sender: z.string(),
      senderId: z.string(),
      role: z.string(),
      text: z.string(),
      at: z.number(),
      decision: z.string(),
      /** The edit that took its place, or the messages that it answers. */
      related: z.array(z.string()),
      inbox: z
        .object({
          group: z.string(),
          state: z.string(),
          attempts: z.number(),
          cause: z.string().nullable(),
          /** Null where it is not tried again by itself. */
          nextAttemptAt: z.number().nullable(),
        })
        .nullable(),
      /** The run of a schedule that it is. */
      task: taskRunFacts.extend({ id: z.string() }).nullable(),
      attempts: z.array(
        z.object({
          turn: z.string(),
          run: z.string().nullable(),
          state: z.string(),
          cause: z.string().nullable(),
          error: z.string().nullable(),
          startedAt: z.number(),
          endedAt: z.number().nullable(),
          results: z.array(z.object({ status: z.string(), usage: usage.nullable() })),
        }),
      ),
      said: z.array(
        z.object({
          key: z.string(),
          part: z.number(),
          parts: z.number(),
          text: z.string(),
          state: z.string(),
          tries: z.number(),
          platformId: z.string().nullable(),
          error: z.string().nullable(),
        }),
      ),
      /** The same for a person. */
      lines: z.array(z.string()),
    }),
  },
  ...taskMethods,
  'chats.list': {
    params: z.object({}),
    result: z.array(
      z.object({
        jid: z.string(),
        channel: z.string(),
        name: z.string(),
        group: z.string().nullable(),
        lastMessageAt: z.number().nullable(),
      }),
    ),
  },
  'messages.list': {
    params: z.object({ chat: z.string(), limit: z.number().int().min(1).max(1000).default(50) }),
    result: z.array(
      z.object({
        id: z.string(),
        direction: z.enum(['in', 'out']),
        sender: z.string(),
        text: z.string(),
        at: z.number(),
        state: z.string(),
      }),
    ),
  },
  ...usageMethods,
  /** Attach this connection to a group's terminal chat: its messages and typing arrive as events from now on. */
  'chat.attach': {
    params: z.object({ group: z.string().default('main') }),
    result: z.object({
      jid: z.string(),
      group: z.string(),
      assistantName: z.string(),
      /** What wakes the group, where not everything does. */
      trigger: z.string(),
      model: z.string().nullable(),
      sandbox: z.object({ runtime: z.string(), class: z.string() }),
      notices: z.array(z.string()),
      /** Keys of messages that were said before and that nobody has seen: they come first. */
      unread: z.array(z.string()),
      /** What can be asked of the host itself in a chat, without the slash. */
      commands: z.array(z.object({ name: z.string(), description: z.string() })),
    }),
  },
  /** The message event of that key was shown. */
  'chat.printed': { params: z.object({ key: z.string() }), result: z.object({}) },
  /** Say one line in the attached chat. Replies once the line is stored. */
  'chat.say': { params: z.object({ text: z.string().min(1) }), result: z.object({ message: z.string() }) },
  /**
   * Replies when that message is answered, given up, held until a person does something or waits for something outside (it
   * was tried several times and is tried on), and everything due to the chat was delivered.
   */
  'chat.settled': {
    params: z.object({ message: z.string() }),
    result: z.object({ state: z.enum(['done', 'dead', 'kept', 'held', 'waiting']) }),
  },
} as const;
export type AdminMethod = keyof typeof adminMethods;
export type AdminParams<M extends AdminMethod> = z.input<(typeof adminMethods)[M]['params']>;
export type AdminResult<M extends AdminMethod> = z.output<(typeof adminMethods)[M]['result']>;
