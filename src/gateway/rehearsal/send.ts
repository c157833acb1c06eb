import type { ServerResponse } from 'node:http';
import { type Clock, pause } from '../../lib/clock.ts';
import { sendApiError } from '../model-api.ts';
import type { MessagesBody } from './body.ts';
import type { Block, Pace, Reply } from './reply.ts';

type MessageReply = Extract<Reply, { type: 'message' }>;

interface SendOptions {
  readonly body: MessagesBody;
  readonly clock: Clock;
  /** Aborts when the client has left. */
  readonly signal: AbortSignal;
  readonly nextId: (prefix: string) => string;
}

/** Puts one reply on the wire, streamed when that was asked for. Resolves when it is out, cut, or nobody listens. */
export async function sendReply(response: ServerResponse, reply: Reply, options: SendOptions): Promise<void> {
  switch (reply.type) {
    case 'hang':
      return;
    case 'fail':
      sendApiError(response, {
        ...reply.error,
        headers: { 'request-id': options.nextId('req'), ...reply.error.headers },
      });
      return;
    case 'message':
      if (reply.delayMs !== undefined && !(await pause(options.clock, reply.delayMs, options.signal))) return;
      if (options.body.stream) await stream(response, reply, options);
      else sendWhole(response, reply, options);
  }
}

function sendWhole(response: ServerResponse, reply: MessageReply, options: SendOptions): void {
  if (reply.cutAfter !== undefined) {
    response.destroy();
    return;
  }
  const { head, content, stopReason } = messageOf(reply, options);
  const message = JSON.stringify({ ...head, content, stop_reason: stopReason, stop_sequence: null });
  response.writeHead(200, {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(message),
    'request-id': options.nextId('req'),
    ...reply.headers,
  });
  response.end(message);
}

async function stream(response: ServerResponse, reply: MessageReply, options: SendOptions): Promise<void> {
  const { head, content, stopReason } = messageOf(reply, options);
  response.writeHead(200, {
    'content-type': 'text/event-stream; charset=utf-8',
    'cache-control': 'no-cache',
    'request-id': options.nextId('req'),
    ...reply.headers,
  });
  const event = (type: string, data: object = {}) =>
    response.write(`event: ${type}\ndata: ${JSON.stringify({ type, ...data })}\n\n`);

  event('message_start', { message: { ...head, content: [], stop_reason: null, stop_sequence: null } });
  event('ping');
  let characters = 0;
  for (const [index, block] of content.entries()) {
    event('content_block_start', { index, content_block: emptied(block) });
    for (const [number, piece] of piecesOf(block, reply.blocks[index]).entries()) {
      const { gapMs } = paceOf(reply.blocks[index]);
      if (number > 0 && gapMs > 0 && !(await pause(options.clock, gapMs, options.signal))) return;
      if (block.type === 'text') characters += piece.length;
      event('content_block_delta', { index, delta: deltaOf(block, piece) });
      if (reply.cutAfter !== undefined && characters >= reply.cutAfter) return cutAfterFlush(response);
    }
    event('content_block_stop', { index });
  }
  if (reply.cutAfter !== undefined) return cutAfterFlush(response);
  event('message_delta', { delta: { stop_reason: stopReason, stop_sequence: null }, usage: head.usage });
  event('message_stop');
  response.end();
}

type SentBlock = { type: 'text'; text: string } | { type: 'tool_use'; id: string; name: string; input: object };

function messageOf(reply: MessageReply, { body, nextId }: SendOptions) {
  const content = reply.blocks.map((block): SentBlock => {
    if (block.type === 'text') return { type: 'text', text: block.text };
    return { type: 'tool_use', id: nextId('toolu'), name: block.name, input: block.input };
  });
  const usage = {
    input_tokens: estimateTokens(body),
    cache_creation_input_tokens: 0,
    cache_read_input_tokens: 0,
    output_tokens: estimateTokens(reply.blocks),
    ...reply.usage,
  };
  const calls = content.some(({ type }) => type === 'tool_use');
  const head = { id: nextId('msg'), type: 'message', role: 'assistant', model: body.model, usage };
  return { head, content, stopReason: reply.stopReason ?? (calls ? 'tool_use' : 'end_turn') };
}

export function estimateTokens(value: unknown): number {
  return Math.max(1, Math.ceil(JSON.stringify(value).length / 4));
}

function emptied(block: SentBlock): SentBlock {
  return block.type === 'text' ? { ...block, text: '' } : { ...block, input: {} };
}

function deltaOf(block: SentBlock, piece: string): object {
  return block.type === 'text'
    ? { type: 'text_delta', text: piece }
    : { type: 'input_json_delta', partial_json: piece };
}

function paceOf(block: Block | undefined): Required<Pace> {
  return { chunk: 64, gapMs: 0, ...(block?.type === 'text' ? { ...block } : {}) };
}

function piecesOf(block: SentBlock, asked: Block | undefined): string[] {
  const text = block.type === 'text' ? block.text : JSON.stringify(block.input);
  const { chunk } = paceOf(asked);
  // By code points: half a pair of surrogates is no text.
  const pieces = chunk === 'line' ? /[^\n]*\n|[^\n]+/g : new RegExp(`[\\s\\S]{1,${Math.max(1, chunk)}}`, 'gu');
  return text.match(pieces) ?? [];
}

/** Drops the connection, but only when what was streamed has left this process. */
function cutAfterFlush(response: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    response.once('close', resolve);
    response.write(': cut\n\n', () => response.destroy());
  });
}
