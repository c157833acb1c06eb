// What a failing answer says, read while it passes. Nothing of an answer is held back or changed for it.
import type { IncomingMessage } from 'node:http';
import { z } from 'zod';
import { parseJson } from '../../lib/json.ts';
import type { FailedAnswer } from '../../model/failed-answer.ts';

/** More than any error of an API, and more than the last events of a stream. */
const keptBytes = 16_384;

/** Anthropic's shape, OpenAI's, Ollama's and FastAPI's: servers that speak the Messages API do not all err as it does. */
const errorBody = z.union([
  z.object({ error: z.object({ type: z.string().catch(''), message: z.string() }) }).transform(({ error }) => error),
  z.object({ error: z.string() }).transform(({ error }) => ({ type: '', message: error })),
  z.object({ detail: z.string() }).transform(({ detail }) => ({ type: '', message: detail })),
]);
const messageBody = z.object({ type: z.literal('message') });

/**
 * Follows an answer to its end and says what was wrong with it; undefined when it was a message. For answers nobody
 * compressed.
 */
export function followAnswer(
  answer: IncomingMessage,
  from: { host: string; now: () => number },
  onEnd: (failed: FailedAnswer | undefined) => void,
): void {
  const streams = /event-stream/i.test(answer.headers['content-type'] ?? '');
  let kept = Buffer.alloc(0);
  // Of a body the beginning tells what it is, of a stream the end.
  answer.on('data', (chunk: Buffer) => {
    if (streams) kept = Buffer.concat([kept, chunk]).subarray(-keptBytes);
    else if (kept.length < keptBytes) kept = Buffer.concat([kept, chunk]).subarray(0, keptBytes);
  });
  answer.once('close', () => {
    const { status, resets } = { status: answer.statusCode ?? 502, resets: resetOf(answer, from.now()) };
    const wrong = answer.complete ? wrongWith(status, kept.toString('utf8'), streams) : { lost: 'cut' };
    onEnd(wrong && { host: from.host, status, ...resets, ...wrong });
  });
}

type Wrong = Pick<FailedAnswer, 'error' | 'strange' | 'lost'>;

function wrongWith(status: number, body: string, streams: boolean): Wrong | undefined {
  if (status >= 300 && status < 400) return { strange: 'redirect' };
  if (streams && status === 200) return wrongWithStream(body);
  const { data: failed } = errorBody.safeParse(parseJson(body));
  if (failed) return { error: failed };
  // Of a long message only the beginning is here.
  if (status === 200 && (body.length >= keptBytes || messageBody.safeParse(parseJson(body)).success)) return undefined;
  if (body.trim() === '') return { strange: 'empty' };
  return { strange: /^\s*<(?:!doctype|html|head|body)/i.test(body) ? 'page' : 'other' };
}

function wrongWithStream(tail: string): Wrong | undefined {
  const last =
    tail
      .match(/^data: .*$/gm)
      ?.at(-1)
      ?.slice('data: '.length) ?? '';
  const event = parseJson(last);
  const { data: failed } = errorBody.safeParse(event);
  if (failed) return { error: failed };
  if (z.object({ type: z.literal('message_stop') }).safeParse(event).success) return undefined;
  return last === '' ? { strange: 'empty' } : { lost: 'cut' };
}

function resetOf({ headers }: IncomingMessage, now: number): Pick<FailedAnswer, 'resetsAt' | 'plan'> {
  const plan = Number(headers['anthropic-ratelimit-unified-reset']);
  if (headers['anthropic-ratelimit-unified-status'] !== 'allowed' && plan > 0)
    return { resetsAt: plan * 1000, plan: true };
  const after = headers['retry-after'];
  if (after === undefined) return {};
  const at = /^\d+(\.\d+)?$/.test(after) ? now + Number(after) * 1000 : Date.parse(after);
  return Number.isFinite(at) ? { resetsAt: at } : {};
}
