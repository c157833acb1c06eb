import { z } from 'zod';

/**
 * The door between the Agent SDK and us: whatever it says becomes one of these, parsed, or a mere sign of life. Some of
 * what we rely on (`command_lifecycle`) stands in no typing of it, so nothing here trusts a type.
 */
export type SdkEvent =
  /** Something became of what we handed over under `uuid`: queued, started, completed, cancelled. */
  | { readonly type: 'input'; readonly uuid: string; readonly state: string }
  /** A turn begins. */
  | { readonly type: 'turn'; readonly tools: readonly string[] }
  /** The main agent begins a message, and writes on in it. */
  | { readonly type: 'message' }
  | { readonly type: 'text'; readonly text: string }
  /** A piece of text of the main agent is complete; `message` is the same for all pieces of one message. */
  | { readonly type: 'said'; readonly message: string; readonly text: string }
  /** A tool call begins; `by` is the call that began the subagent making it. */
  | { readonly type: 'tool'; readonly name: string; readonly id: string; readonly by: string | undefined }
  /** The request is repeated: what was streamed of its answer does not count. */
  | { readonly type: 'retry' }
  /** Why the result that follows will be an error, in the SDK's words. */
  | { readonly type: 'failure'; readonly reason: string }
  /** A plan's limit is reached, until then. */
  | { readonly type: 'limit'; readonly resetsAt: number }
  /** The answer met the limit of one message; the model is asked to go on with it in another one. */
  | { readonly type: 'goes-on' }
  /** Work begins that has a life of its own; `by` is the call it was begun with. */
  | { readonly type: 'task'; readonly key: string; readonly by: string | undefined }
  /** A task is over, in the SDK's words. */
  | { readonly type: 'over'; readonly key: string; readonly summary: string }
  /** A tool of the main agent has answered. */
  | { readonly type: 'tool-result' }
  /** All background tasks that go on from now. */
  | { readonly type: 'background'; readonly keys: ReadonlySet<string> }
  | { readonly type: 'result'; readonly result: SdkResult }
  | { readonly type: 'life' };

const count = z.number().catch(0);

const sdkResult = z.object({
  subtype: z.string(),
  is_error: z.boolean().catch(false),
  result: z.string().optional().catch(undefined),
  errors: z.array(z.string()).catch([]),
  api_error_status: z.number().nullish().catch(null),
  terminal_reason: z.string().optional().catch(undefined),
  stop_reason: z.string().nullish().catch(null),
  session_id: z.string().optional().catch(undefined),
  /** Of the whole session so far, earlier processes included. */
  total_cost_usd: count,
  usage: z
    .object({
      input_tokens: count,
      output_tokens: count,
      cache_read_input_tokens: count,
      cache_creation_input_tokens: count,
    })
    .optional()
    .catch(undefined),
  /** By model, subagents included. In no typing; absent means that the two figures above must do. */
  model_usage_since_last_result: z
    .record(
      z.string(),
      z.object({
        inputTokens: count,
        outputTokens: count,
        cacheReadInputTokens: count,
        cacheCreationInputTokens: count,
        costUSD: count,
      }),
    )
    .optional()
    .catch(undefined),
  origin: z.object({ kind: z.string(), runId: z.string().optional() }).optional().catch(undefined),
});
export type SdkResult = z.output<typeof sdkResult>;

const taskKey = z.object({
  task_id: z.string(),
  run_id: z.string().optional(),
  tool_use_id: z.string().optional(),
  ambient: z.boolean().optional(),
});
const block = z.object({
  type: z.string(),
  name: z.string().optional(),
  id: z.string().optional(),
  text: z.string().optional(),
});
const rateLimit = z.object({ rate_limit_info: z.object({ status: z.string(), resetsAt: z.number().optional() }) });
/** The SDK's own request after an answer that met its limit. */
const askedToGoOn = z.object({
  parent_tool_use_id: z.null(),
  message: z.object({ content: z.tuple([z.object({ text: z.string().startsWith('Output token limit hit') })]) }),
});

const toolResult = z.object({
  parent_tool_use_id: z.null(),
  message: z.object({ content: z.array(block).refine((parts) => parts.some(({ type }) => type === 'tool_result')) }),
});

const life: SdkEvent = { type: 'life' };

/** One reader per kind of message; its key is `type` or `type/subtype`. */
const readers: Readonly<Record<string, (message: unknown) => SdkEvent | readonly SdkEvent[] | undefined>> = {
  command_lifecycle: (message) => {
    const parsed = z.object({ command_uuid: z.string(), state: z.string() }).safeParse(message);
    return parsed.success ? { type: 'input', uuid: parsed.data.command_uuid, state: parsed.data.state } : undefined;
  },
  'system/init': (message) => ({
    type: 'turn',
    tools: z.object({ tools: z.array(z.string()) }).safeParse(message).data?.tools ?? [],
  }),
  'system/api_retry': () => ({ type: 'retry' }),
  'system/task_started': (message) => {
    const parsed = taskKey.safeParse(message);
    return parsed.success ? { type: 'task', key: keyOf(parsed.data), by: parsed.data.tool_use_id } : undefined;
  },
  'system/task_notification': (message) => {
    const parsed = taskKey.extend({ summary: z.string().catch('') }).safeParse(message);
    return parsed.success ? { type: 'over', key: keyOf(parsed.data), summary: parsed.data.summary } : undefined;
  },
  'system/background_tasks_changed': (message) => {
    const parsed = z.object({ tasks: z.array(taskKey) }).safeParse(message);
    if (!parsed.success) return undefined;
    return { type: 'background', keys: new Set(parsed.data.tasks.filter((task) => !task.ambient).map(keyOf)) };
  },
  rate_limit_event: (message) => {
    const { status, resetsAt } = rateLimit.safeParse(message).data?.rate_limit_info ?? {};
    return status === 'rejected' && resetsAt !== undefined ? { type: 'limit', resetsAt: resetsAt * 1000 } : undefined;
  },
  assistant: readAssistant,
  user: (message) => {
    if (toolResult.safeParse(message).success) return { type: 'tool-result' };
    return askedToGoOn.safeParse(message).success ? { type: 'goes-on' } : undefined;
  },
  stream_event: readStreamEvent,
  result: (message) => {
    const parsed = sdkResult.safeParse(message);
    return parsed.success ? { type: 'result', result: parsed.data } : undefined;
  },
};

/** At least one. */
export function readEvents(message: unknown): readonly SdkEvent[] {
  const head = z.object({ type: z.string(), subtype: z.string().optional() }).safeParse(message);
  if (!head.success) return [life];
  const { type, subtype } = head.data;
  const reader = readers[`${type}/${subtype}`] ?? readers[type];
  const events = [reader?.(message) ?? []].flat();
  return events.length > 0 ? events : [life];
}

const assistantShape = z.object({
  error: z.string().optional(),
  parent_tool_use_id: z.string().nullish(),
  message: z.object({ id: z.string().catch(''), content: z.array(block) }),
});

function readAssistant(message: unknown): SdkEvent[] | undefined {
  const { data } = assistantShape.safeParse(message);
  if (!data) return undefined;
  if (data.error !== undefined) return [{ type: 'failure', reason: data.error }];
  const by = data.parent_tool_use_id ?? undefined;
  return data.message.content.flatMap(({ type, name, id, text }): SdkEvent[] => {
    if (type === 'tool_use' && name !== undefined && id !== undefined) return [{ type: 'tool', name, id, by }];
    // What a subagent says is for the agent.
    const said = type === 'text' && text !== undefined && text !== '' && by === undefined;
    return said ? [{ type: 'said', message: data.message.id, text }] : [];
  });
}

const streamShape = z.object({
  // Only the main agent's own words are an answer; a subagent's are not.
  parent_tool_use_id: z.null(),
  event: z.object({ type: z.string(), delta: z.object({ text: z.string() }).optional().catch(undefined) }),
});

function readStreamEvent(message: unknown): SdkEvent | undefined {
  const event = streamShape.safeParse(message).data?.event;
  if (event?.type === 'message_start') return { type: 'message' };
  if (event?.type === 'content_block_delta' && event.delta) return { type: 'text', text: event.delta.text };
  return undefined;
}

function keyOf(task: z.output<typeof taskKey>): string {
  return task.run_id ?? task.task_id;
}
