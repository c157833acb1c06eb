import * as http from 'node:http';
import * as https from 'node:https';
import type { Transform } from 'node:stream';
import { createBrotliDecompress, createGunzip, createInflate } from 'node:zlib';
import type { Clock } from '../../lib/clock.ts';
import type { Log } from '../../lib/log.ts';
import type { Outgoing } from '../../lib/outgoing.ts';
import { NanoclawError, sentenceOf, systemCode } from '../../model/errors.ts';
import type { FailedAnswer } from '../../model/failed-answer.ts';
import { type ApiError, maxRequestBytes, sendApiError } from '../model-api.ts';
import { type Credential, withCredential } from './credential.ts';
import { endToEnd } from './headers.ts';
import { Patience } from './patience.ts';
import { followAnswer } from './read-failure.ts';
import { isWorthHiding, redactHeaders, redactor } from './redact.ts';
import { onUnaskedUpgrade, relayAnswer } from './relay.ts';

export interface AnthropicUpstream {
  readonly kind: 'anthropic';
  /** `https://api.anthropic.com`, or anything that speaks its Messages API; a path prefix is kept. */
  readonly baseUrl: string;
  readonly credential: Credential;
  /** A certificate authority in PEM, besides which no other is trusted for this upstream. */
  readonly ca?: string;
}

export interface UpstreamParts {
  readonly clock: Clock;
  readonly log: Log;
  readonly outgoing: Outgoing;
  readonly connectMs: number;
  readonly idleMs: number;
}

/** The model's own server. The only place where a credential is put into a request. */
export class Upstream {
  readonly #spec: AnthropicUpstream;
  readonly #parts: UpstreamParts;
  readonly #base: URL;

  constructor(spec: AnthropicUpstream, parts: UpstreamParts) {
    this.#spec = spec;
    this.#parts = parts;
    this.#base = parseBase(spec);
  }

  /** Only for requests that `isModelRequest` let through. */
  handle(
    request: http.IncomingMessage,
    response: http.ServerResponse,
    onAnswer: (failed: FailedAnswer | undefined) => void = () => undefined,
  ): void {
    const { clock, connectMs, idleMs, log } = this.#parts;
    const { host } = this.#base;
    const outgoing = this.#send(request);
    let open = true;
    const fail = (error: ApiError, lost?: string) => {
      if (!open) return;
      open = false;
      if (lost !== undefined) onAnswer({ host, status: error.status, lost });
      request.unpipe(outgoing);
      outgoing.destroy();
      sendApiError(response, error);
    };
    // The connection's own deadline comes first: it knows whether it is the proxy that is silent.
    const patience = new Patience(clock, connectMs + 1_000, () => {
      log.warn({ host, began: response.headersSent }, 'model upstream is silent');
      fail(silentError, 'silent');
    });

    // It comes when it is connected.
    outgoing.once('socket', () => patience.restart(idleMs));
    outgoing.on('error', (error) => {
      if (open) log.warn({ host, error: systemCode(error) ?? error.message }, 'model upstream failed');
      fail(unreachable(host, error), systemCode(error) ?? 'broken');
    });
    onUnaskedUpgrade(outgoing, (error) => fail(unreachable(host, error), 'broken'));
    outgoing.once('response', (answer) => {
      patience.heard();
      answer.on('data', () => patience.heard());
      // An answer that the client leaves tells nothing of the server.
      let over = false;
      let left = false;
      for (const end of ['end', 'aborted']) answer.once(end, () => (over = true));
      response.once('close', () => (left = !over));
      followAnswer(answer, { host, now: () => clock.now() }, (failed) => {
        if (!left) onAnswer(failed && this.#withoutSecret(failed));
      });
      try {
        relayAnswer(answer, response, this.#cleaned(answer));
      } catch (error) {
        fail(unreachable(host, error), 'broken');
      }
    });
    response.once('close', () => {
      open = false;
      patience[Symbol.dispose]();
      // Also after an answer that came before the whole question was sent: that connection is of no use any more.
      if (!response.writableFinished || !outgoing.writableFinished) outgoing.destroy();
      request.unpipe(outgoing).resume();
    });
    sendBody(request, outgoing, { onBytes: () => patience.heard(), onTooMany: () => fail(tooLargeError) });
  }

  #send(request: http.IncomingMessage): http.ClientRequest {
    const { host: _host, ...headers } = endToEnd(request.headers);
    if (!hasBody(request)) delete headers['content-length'];
    const prefix = this.#base.pathname.replace(/\/+$/, '');
    const start = this.#base.protocol === 'https:' ? https.request : http.request;
    return start({
      agent: this.#parts.outgoing.agentFor(this.#base),
      ...(this.#spec.ca === undefined ? {} : { ca: this.#spec.ca }),
      protocol: this.#base.protocol,
      hostname: this.#base.hostname.replace(/^\[|\]$/g, ''),
      port: this.#base.port,
      method: request.method ?? 'GET',
      path: prefix + (request.url ?? '/'),
      // What is compressed cannot be searched for the credential.
      headers: { ...withCredential(headers, this.#spec.credential), 'accept-encoding': 'identity' },
    });
  }

  #withoutSecret(failed: FailedAnswer): FailedAnswer {
    const secret = this.#spec.credential.value;
    if (!failed.error || !isWorthHiding(secret)) return failed;
    const { type, message } = failed.error;
    return { ...failed, error: { type, message: message.replaceAll(secret.open(), '…') } };
  }

  #cleaned(answer: http.IncomingMessage): { headers: http.OutgoingHttpHeaders; through: Transform[] } {
    const secret = this.#spec.credential.value;
    const headers = redactHeaders(answer.headers, secret);
    if (isFinal(answer.statusCode)) headers['x-should-retry'] = 'false';
    const decoder = decoderOf(answer);
    if (decoder !== undefined) {
      delete headers['content-encoding'];
      delete headers['content-length'];
    }
    const through = decoder === undefined ? [] : [decoder];
    if (isWorthHiding(secret)) through.push(redactor(secret));
    return { headers, through };
  }
}

/** Who asks again at once gets the same: it is for the host to try again later, and for people to be told soon. */
const notAgain = { 'x-should-retry': 'false' };

/** Of the credential or the address: the same question gets the same answer. */
function isFinal(status: number | undefined): boolean {
  return status !== undefined && [401, 402, 403, 404, 405].includes(status);
}

const silentError: ApiError = {
  status: 504,
  headers: notAgain,
  type: 'timeout_error',
  message: "NanoClaw's gateway heard nothing from the model's server for too long.",
};

const tooLargeError: ApiError = {
  status: 413,
  type: 'request_too_large',
  message: `NanoClaw's gateway takes requests up to ${maxRequestBytes / 1_000_000} MB.`,
};

function unreachable(host: string, error: unknown): ApiError {
  // A proxy's failure is a sentence with its cure; whoever must mend something reads it in the chat.
  const why = error instanceof NanoclawError ? sentenceOf(error) : (systemCode(error) ?? 'the connection broke');
  const message = `NanoClaw's gateway cannot reach the model at ${host} (${why}).`;
  return { status: 502, type: 'api_error', message, ...(isThere(why) ? {} : { headers: notAgain }) };
}

// A connection that breaks may do so by chance; an address where nobody is, is no chance.
function isThere(why: string): boolean {
  return (
    !['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH'].includes(why) &&
    !/CERT|SSL|TLS/.test(why)
  );
}

function parseBase(spec: AnthropicUpstream): URL {
  const cure = 'Correct ANTHROPIC_BASE_URL, or remove it to use api.anthropic.com.';
  if (!URL.canParse(spec.baseUrl))
    throw new NanoclawError('gateway.bad-upstream', 'The model address is no URL.', { cure });
  const base = new URL(spec.baseUrl);
  if (base.protocol !== 'https:' && base.protocol !== 'http:') {
    throw new NanoclawError('gateway.bad-upstream', 'The model address is neither http nor https.', { cure });
  }
  if (spec.credential.value.open().trim() === '') {
    throw new NanoclawError('gateway.bad-upstream', 'The model credential is empty.', { cure: 'Set it in .env.' });
  }
  return base;
}

function hasBody(request: http.IncomingMessage): boolean {
  return request.method === 'POST';
}

function sendBody(
  request: http.IncomingMessage,
  outgoing: http.ClientRequest,
  { onBytes, onTooMany }: { onBytes: () => void; onTooMany: () => void },
): void {
  if (!hasBody(request)) {
    outgoing.end();
    request.resume();
    return;
  }
  let bytes = 0;
  request.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes > maxRequestBytes) onTooMany();
    else onBytes();
  });
  request.pipe(outgoing);
}

/** For a server that compresses although it was asked not to. */
function decoderOf(answer: http.IncomingMessage): Transform | undefined {
  switch (answer.headers['content-encoding']?.trim().toLowerCase()) {
    case undefined:
    case '':
    case 'identity':
      return undefined;
    case 'gzip':
    case 'x-gzip':
      return createGunzip();
    case 'deflate':
      return createInflate();
    case 'br':
      return createBrotliDecompress();
    default:
      throw new NanoclawError('gateway.bad-upstream', 'The model server answers in an encoding nobody asked for.');
  }
}
