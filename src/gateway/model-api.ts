import type { IncomingMessage, ServerResponse } from 'node:http';

export type RequestHandler = (request: IncomingMessage, response: ServerResponse) => void | Promise<void>;

/** Anthropic takes 32 MB; a little less, so that the refusal is ours and says why. */
export const maxRequestBytes = 30_000_000;

// One segment that cannot climb: `/v1/models/..` would be `/v1/` to an upstream that tidies paths.
const modelPath = /^\/v1\/models\/[A-Za-z0-9][A-Za-z0-9._:@-]*$/;

/** The whole of what a sandbox may ask of the upstream. Compared before any decoding, so nothing can hide in an escape. */
export function isModelRequest(method: string, url: string): boolean {
  const path = url.split('?', 1)[0] ?? '';
  switch (method) {
    case 'POST':
      return path === '/v1/messages' || path === '/v1/messages/count_tokens';
    case 'GET':
      return path === '/v1/models' || modelPath.test(path);
    case 'HEAD':
      return path === '/';
    default:
      return false;
  }
}

export interface ApiError {
  readonly status: number;
  /** Anthropic's name for it, which the SDK reads: `not_found_error`, `overloaded_error` … */
  readonly type: string;
  readonly message: string;
  readonly headers?: Readonly<Record<string, string>> | undefined;
}

/** Answers in Anthropic's own error shape. Once an answer has begun, all that is left is to cut it. */
export function sendApiError(response: ServerResponse, error: ApiError): void {
  const body = JSON.stringify({ type: 'error', error: { type: error.type, message: error.message } });
  sendRefusal(response, error.status, { headers: { 'content-type': 'application/json', ...error.headers }, body });
}

/**
 * Sends a whole answer without having read the whole question. The answer is complete at once, but the connection may
 * only end when the question was read to its end: a client still sending would meet a reset before it reads why.
 */
export function sendRefusal(
  response: ServerResponse,
  status: number,
  { headers, body }: { headers: Readonly<Record<string, string>>; body: string },
): void {
  if (response.headersSent || response.destroyed) {
    response.destroy();
    return;
  }
  response.writeHead(status, { ...headers, 'content-length': Buffer.byteLength(body) });
  response.write(body);
  const question = response.req;
  if (question.readableEnded || question.destroyed) response.end();
  else question.once('close', () => response.end()).resume();
}
