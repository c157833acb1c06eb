import type { ApiError } from '../model-api.ts';

/** What the model does with one request. Scripts make them with the builders below. */
export type Reply =
  | ({ readonly type: 'message'; readonly blocks: readonly Block[] } & MessageOptions)
  | { readonly type: 'fail'; readonly error: ApiError }
  | { readonly type: 'hang' };

export type Block =
  | ({ readonly type: 'text'; readonly text: string } & Pace)
  | { readonly type: 'tool_use'; readonly name: string; readonly input: Readonly<Record<string, unknown>> };

export interface Pace {
  /** How streamed text is broken up: so many characters at a time (64), or line by line. */
  readonly chunk?: number | 'line';
  /** Waited between two pieces; 0 when left out. */
  readonly gapMs?: number;
}

export interface MessageOptions {
  /** Waited before anything is sent, the status included. */
  readonly delayMs?: number;
  /** Characters of streamed text after which the connection is dropped. */
  readonly cutAfter?: number;
  /** What the model says it used (`input_tokens` drives the SDK's own compaction); estimated when left out. */
  readonly usage?: Readonly<Record<string, number>>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly stopReason?: string;
}

export function say(text: string, options: MessageOptions & Pace = {}): Reply {
  const { chunk, gapMs, ...rest } = options;
  const pace = { ...(chunk === undefined ? {} : { chunk }), ...(gapMs === undefined ? {} : { gapMs }) };
  return { type: 'message', blocks: [{ type: 'text', text, ...pace }], ...rest };
}

export function callTool(name: string, input: Readonly<Record<string, unknown>>, options: MessageOptions = {}): Reply {
  return { type: 'message', blocks: [{ type: 'tool_use', name, input }], ...options };
}

/** One answer of several blocks: text before a tool call, two tool calls at once … */
export function inOneAnswer(blocks: readonly Block[], options: MessageOptions = {}): Reply {
  return { type: 'message', blocks, ...options };
}

/** Drops the connection after that many characters of the text were streamed. */
export function cut(text: string, afterCharacters: number, options: MessageOptions & Pace = {}): Reply {
  return say(text, { chunk: 8, ...options, cutAfter: afterCharacters });
}

/** Takes the request and never answers. */
export function hang(): Reply {
  return { type: 'hang' };
}

/** An HTTP error; the type is Anthropic's for that status unless given. `headers`: `{ 'retry-after': '1' }` … */
export function fail(
  status: number,
  error: { type?: string; message?: string; headers?: Record<string, string> } = {},
): Reply {
  const type = error.type ?? errorTypes.get(status) ?? 'api_error';
  return { type: 'fail', error: { status, type, message: error.message ?? type, headers: error.headers } };
}

const errorTypes = new Map([
  [400, 'invalid_request_error'],
  [401, 'authentication_error'],
  [403, 'permission_error'],
  [404, 'not_found_error'],
  [413, 'request_too_large'],
  [429, 'rate_limit_error'],
  [504, 'timeout_error'],
  [529, 'overloaded_error'],
]);
