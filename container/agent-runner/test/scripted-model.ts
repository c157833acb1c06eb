import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';

/** A stand-in for the Messages API on loopback: the real SDK talks to it, a test's script answers. */
export interface ScriptedModel extends AsyncDisposable {
  readonly url: string;
  /** Every request for an answer, in order. */
  readonly calls: readonly Call[];
}

export interface Call {
  readonly model: string;
  readonly bytes: number;
  readonly body: string;
  readonly tools: readonly string[];
  /** The last thing the person said. */
  readonly prompt: string;
  /** What was said while a tool ran. */
  readonly queued: readonly string[];
  /** What the tools of the message before gave. */
  readonly results: readonly { readonly text: string; readonly isError: boolean }[];
  /** Everything said to the model so far, for "does it remember". */
  readonly history: string;
}

export type Reply =
  | { readonly text: string; readonly gapMs?: number; readonly delayMs?: number; readonly seen?: Seen }
  | { readonly tool: string; readonly input: object; readonly say?: string }
  | { readonly status: number; readonly type: string; readonly message: string }
  /** Writes this, then drops the connection, after `seen` where that is given. */
  | { readonly cut: string; readonly seen?: Seen }
  | { readonly hang: true };

/** Awaited after each piece, with all that was written so far: a test says when somebody has seen it. */
type Seen = (written: string) => Promise<unknown>;

export type Script = (call: Call) => Reply;

const part = z.looseObject({
  type: z.string(),
  text: z.string().optional(),
  content: z.unknown().optional(),
  is_error: z.boolean().optional(),
});
const content = z.union([z.string(), z.array(part)]);
const request = z.object({
  model: z.string(),
  stream: z.boolean().optional(),
  tools: z.array(z.object({ name: z.string() })).default([]),
  messages: z.array(z.object({ role: z.string(), content })),
});

export async function openScriptedModel(script: Script): Promise<ScriptedModel> {
  const calls: Call[] = [];
  const server = createServer((incoming, response) => {
    answer(incoming, response, { script, calls }).catch((error) => response.destroy(error));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = typeof address === 'object' && address ? address.port : 0;
  return {
    url: `http://127.0.0.1:${port}`,
    calls,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function answer(
  incoming: IncomingMessage,
  response: ServerResponse,
  part: { script: Script; calls: Call[] },
): Promise<void> {
  let body = '';
  for await (const chunk of incoming.setEncoding('utf8')) body += chunk;
  if (!incoming.url?.startsWith('/v1/messages?')) return send(response, 404, { type: 'error' });
  const parsed = request.parse(JSON.parse(body));
  const call = callOf(parsed, body);
  part.calls.push(call);
  const reply = part.script(call);
  if ('hang' in reply) return;
  if ('status' in reply) {
    const error = { type: reply.type, message: reply.message };
    return send(response, reply.status, { type: 'error', error });
  }
  if ('cut' in reply) {
    if (!parsed.stream) return void response.destroy();
    const blocks: Block[] = [{ type: 'text', text: reply.cut }];
    return writeStream(response, { model: parsed.model, blocks, seen: reply.seen, cut: true });
  }
  if ('delayMs' in reply && reply.delayMs) await sleep(reply.delayMs);
  if (!parsed.stream) {
    const head = { id: `msg_${randomUUID()}`, type: 'message', role: 'assistant', model: parsed.model };
    return send(response, 200, { ...head, content: blocksOf(reply), stop_reason: 'end_turn', usage });
  }
  await writeStream(response, {
    model: parsed.model,
    blocks: blocksOf(reply),
    gapMs: 'gapMs' in reply ? reply.gapMs : 0,
    seen: 'seen' in reply ? reply.seen : undefined,
  });
}

type Block = { type: 'text'; text: string } | { type: 'tool_use'; id: string; name: string; input: object };

function blocksOf(reply: { text: string } | { tool: string; input: object; say?: string }): Block[] {
  if ('text' in reply) return [{ type: 'text', text: reply.text }];
  const call: Block = { type: 'tool_use', id: `toolu_${randomUUID()}`, name: reply.tool, input: reply.input };
  return reply.say === undefined ? [call] : [{ type: 'text', text: reply.say }, call];
}

function callOf(parsed: z.output<typeof request>, body: string): Call {
  const { messages } = parsed;
  const lastUser = messages.findLastIndex((message) => message.role === 'user');
  const parts = partsOf(messages[lastUser]?.content ?? '');
  const tail = messages.slice(lastUser + 1).map((message) => textOf(message.content));
  const texts = parts.flatMap((one) => (one.type === 'text' && one.text !== undefined ? [one.text] : []));
  return {
    model: parsed.model,
    bytes: body.length,
    body,
    tools: parsed.tools.map((tool) => tool.name),
    prompt: texts.filter((text) => !text.startsWith('<system-reminder>')).at(-1) ?? '',
    queued: [...tail.join('\n').matchAll(/The user sent a new message while you were working:\n([^\n]*)/g)].map(
      (match) => match[1] ?? '',
    ),
    results: parts
      .filter((one) => one.type === 'tool_result')
      .map((one) => ({ text: textOf(content.parse(one.content ?? '')), isError: one.is_error ?? false })),
    history: messages.map((message) => textOf(message.content)).join('\n'),
  };
}

function partsOf(value: z.output<typeof content>): z.output<typeof part>[] {
  return typeof value === 'string' ? [{ type: 'text', text: value }] : value;
}

function textOf(value: z.output<typeof content>): string {
  return partsOf(value)
    .map((one) => one.text ?? '')
    .join('\n');
}

function send(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}

interface Stream {
  readonly model: string;
  readonly blocks: readonly Block[];
  readonly gapMs?: number | undefined;
  readonly seen?: Seen | undefined;
  readonly cut?: boolean;
}

const usage = { input_tokens: 1000, output_tokens: 10, cache_read_input_tokens: 0, cache_creation_input_tokens: 0 };

async function writeStream(response: ServerResponse, { model, blocks, gapMs, seen, cut }: Stream): Promise<void> {
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  const event = (type: string, data: object) =>
    response.write(`event: ${type}\ndata: ${JSON.stringify({ type, ...data })}\n\n`);
  const head = { id: `msg_${randomUUID()}`, type: 'message', role: 'assistant', model, content: [], usage };
  event('message_start', { message: { ...head, stop_reason: null, stop_sequence: null } });
  for (const [index, block] of blocks.entries()) {
    const empty = block.type === 'text' ? { type: 'text', text: '' } : { ...block, input: {} };
    event('content_block_start', { index, content_block: empty });
    const whole = block.type === 'text' ? block.text : JSON.stringify(block.input);
    let written = '';
    for (const piece of whole.match(/[\s\S]{1,16}/g) ?? []) {
      const delta =
        block.type === 'text' ? { type: 'text_delta', text: piece } : { type: 'input_json_delta', partial_json: piece };
      event('content_block_delta', { index, delta });
      written += piece;
      if (gapMs) await sleep(gapMs);
      await seen?.(written);
    }
    if (cut) {
      // A comment, to know that all before it has left.
      await new Promise((resolve) => response.write(':\n\n', resolve));
      response.destroy();
      return;
    }
    event('content_block_stop', { index });
  }
  const stop_reason = blocks.some((block) => block.type === 'tool_use') ? 'tool_use' : 'end_turn';
  event('message_delta', { delta: { stop_reason, stop_sequence: null }, usage });
  event('message_stop', {});
  response.end();
}
