import { request as httpRequest, type IncomingMessage, type ServerResponse, STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import { type Duplex, pipeline } from 'node:stream';
import type { Clock } from '../../lib/clock.ts';
import type { Log } from '../../lib/log.ts';
import { untilAborted } from '../../lib/until-aborted.ts';
import { NanoclawError, systemCode } from '../../model/errors.ts';
import { sendRefusal } from '../model-api.ts';
import { endToEnd, longestHead, withFraming } from './headers.ts';
import type { Network } from './network.ts';
import { onUnaskedUpgrade, relayAnswer } from './relay.ts';
import { parseAbsoluteForm, parseAuthority, type Target } from './target.ts';
import { closedBy, type EgressRules, type Verdict, vet } from './vet.ts';

export interface EgressParts {
  readonly network: Network;
  readonly clock: Clock;
  readonly log: Log;
  readonly connectMs: number;
}

type Refusal = Extract<Verdict, { type: 'refuse' }>;
type Reached = { readonly type: 'reached'; readonly socket: Socket } | Refusal;

/** One group's proxy to the outside: absolute-form requests and CONNECT tunnels. Looks into neither. */
export class EgressProxy {
  readonly #rules: () => EgressRules;
  readonly #parts: EgressParts;
  /** What is open, and where it leads. */
  readonly #open = new Map<Socket, Target>();

  /** `rules` are asked for each request. */
  constructor(rules: () => EgressRules, parts: EgressParts) {
    this.#rules = rules;
    this.#parts = parts;
  }

  /** Cuts what the present rules would not open. */
  recheck(): void {
    const rules = this.#rules();
    for (const [socket, target] of this.#open) if (closedBy(target, rules) !== undefined) socket.destroy();
  }

  async request(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const form = parseAbsoluteForm(request.url ?? '');
    if (form.type === 'bad')
      return this.#refuse(request, response, { type: 'refuse', status: 400, sentence: form.sentence });
    const reached = await this.#reach(form.target, 'http:');
    if (reached.type === 'refuse') return this.#refuse(request, response, reached);
    if (response.destroyed) {
      reached.socket.destroy();
      return;
    }
    const outgoing = httpRequest({
      createConnection: () => reached.socket,
      method: request.method ?? 'GET',
      path: form.path,
      maxHeaderSize: longestHead,
      // A proxy names the host of the request line, whatever the client's Host header says.
      headers: withFraming({ ...endToEnd(request.headers), host: form.authority }, request.headers),
    });
    const fail = (error: unknown) => {
      const why = systemCode(error) ?? 'the connection broke';
      this.#refuse(request, response, {
        type: 'refuse',
        status: 502,
        sentence: `${form.authority} did not answer (${why}).`,
      });
    };
    outgoing.on('error', fail);
    onUnaskedUpgrade(outgoing, fail);
    outgoing.once('response', (answer) => {
      try {
        relayAnswer(answer, response, { headers: endToEnd(answer.headers) });
      } catch (error) {
        outgoing.destroy();
        fail(error);
      }
    });
    response.once('close', () => {
      outgoing.destroy();
      request.unpipe(outgoing).resume();
    });
    request.pipe(outgoing);
  }

  /** `head` is what the client sent without waiting for our answer. Resolves with the status it was given. */
  async tunnel(request: IncomingMessage, client: Duplex, head: Buffer): Promise<number> {
    // First of all: between here and the tunnel nobody else listens, and an unheard error ends the process.
    client.on('error', () => client.destroy());
    const target = parseAuthority(request.url ?? '');
    const reached: Reached =
      target === undefined
        ? { type: 'refuse', status: 400, sentence: 'CONNECT needs a plain host and port.' }
        : await this.#reach(target, 'https:');
    if (reached.type === 'refuse') {
      this.#note(request, reached);
      client.end(refusalText(reached));
      return reached.status;
    }
    client.write('HTTP/1.1 200 Connection Established\r\n\r\n');
    if (head.length > 0) reached.socket.write(head);
    pipeline(client, reached.socket, (error) => cutBoth(error, client, reached.socket));
    pipeline(reached.socket, client, (error) => cutBoth(error, client, reached.socket));
    return 200;
  }

  async #reach(target: Target, protocol: 'http:' | 'https:'): Promise<Reached> {
    const { network, clock, connectMs } = this.#parts;
    const late = new AbortController();
    using _deadline = clock.after(connectMs, () => late.abort());
    let step = `The name ${target.host} could not be found in time.`;
    try {
      const verdict = await untilAborted(vet(target, this.#rules(), network), late.signal);
      if (verdict.type === 'refuse') return verdict;
      step = `${target.host}:${target.port} cannot be reached (no answer in time).`;
      const connecting = network.connect({ ...target, protocol, addresses: verdict.addresses }, late.signal);
      return this.#keep(target, await untilAborted(connecting, late.signal));
    } catch (error) {
      if (late.signal.aborted) return { type: 'refuse', status: 504, sentence: step };
      if (error instanceof NanoclawError) return { type: 'refuse', status: 502, sentence: error.message };
      const why = systemCode(error) ?? 'the connection broke';
      return { type: 'refuse', status: 502, sentence: `${target.host}:${target.port} cannot be reached (${why}).` };
    }
  }

  #keep(target: Target, socket: Socket): Reached {
    // The rules may have changed while the name was looked up and the connection made.
    const closed = closedBy(target, this.#rules());
    if (closed !== undefined) {
      socket.destroy();
      return { type: 'refuse', status: 403, sentence: closed };
    }
    this.#open.set(socket, target);
    socket.once('close', () => this.#open.delete(socket));
    return { type: 'reached', socket };
  }

  #refuse(request: IncomingMessage, response: ServerResponse, refusal: Refusal): void {
    this.#note(request, refusal);
    const headers = { 'content-type': 'text/plain; charset=utf-8' };
    sendRefusal(response, refusal.status, { headers, body: `${refusal.sentence}\n` });
  }

  #note(request: IncomingMessage, { status, sentence }: Refusal): void {
    const level = status < 500 ? 'warn' : 'debug';
    this.#parts.log[level]({ target: targetForLog(request), status, why: sentence }, 'egress refused');
  }
}

/** Where a request wants to go, without what follows the host: paths and queries hold other people's secrets. */
export function targetForLog(request: IncomingMessage): string {
  return (request.url ?? '').replace(/^([a-z][a-z0-9+.-]*:\/\/)?(?:[^/?#]*@)?([^/?#]*).*$/is, '$1$2').slice(0, 300);
}

function refusalText({ status, sentence }: Refusal): string {
  const body = `${sentence}\n`;
  return [
    `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}`,
    'content-type: text/plain; charset=utf-8',
    `content-length: ${Buffer.byteLength(body)}`,
    'connection: close',
    '',
    body,
  ].join('\r\n');
}

function cutBoth(error: Error | null | undefined, ...ends: readonly Duplex[]): void {
  if (error) for (const end of ends) end.destroy();
}
