// Every connection the host makes to the outside: over lines of which half is dead, through the proxy that the settings
// name, and with one deadline for all of it.
import { lookup } from 'node:dns/promises';
import * as http from 'node:http';
import * as https from 'node:https';
import { connect, isIPv6, type Socket } from 'node:net';
import * as tls from 'node:tls';
import { NanoclawError, systemCode } from '../model/errors.ts';
import type { Clock } from './clock.ts';
import { noProxies, type Proxies, ProxyRules, type ProxyServer } from './proxies.ts';
import { untilAborted } from './until-aborted.ts';

export interface OutgoingOptions {
  readonly clock: Clock;
  readonly proxies?: Proxies;
  /** Every address of a name, in the order to try. Default: the system's. */
  readonly resolve?: (name: string) => Promise<readonly string[]>;
  /** Longest wait for a connection: the look-up, the proxy and TLS included. */
  readonly connectMs?: number;
}

export interface Target {
  /** Decides which proxy it is, if any. */
  readonly protocol: 'http:' | 'https:';
  readonly host: string;
  readonly port: number;
  /** Nowhere but to these, with or without a proxy. Without them the name is looked up (by the proxy where there is one). */
  readonly addresses?: readonly string[];
}

// RFC 8305: the next address is tried so much later, while the earlier attempts go on.
const attemptDelayMs = 250;
// Shorter than what servers and routers in between usually keep, so that a request rarely meets a dead connection.
const kept = { keepAlive: true, timeout: 50_000 };
/** A clock that moved so much further than the timers did: the machine slept, and its idle connections have not survived. */
const sleptMs = 30_000;
const lookMs = 5_000;

/** `close` ends what is idle or in use; nothing is connected afterwards. */
export class Outgoing {
  readonly #clock: Clock;
  readonly #rules: ProxyRules;
  readonly #resolve: (name: string) => Promise<readonly string[]>;
  readonly #connectMs: number;
  readonly #plain: http.Agent;
  readonly #tls: http.Agent;
  readonly #closed = new AbortController();
  /** The address that answered last, by name: a dead line costs its delay once. */
  readonly #answered = new Map<string, string>();
  #lookedAt: number;
  #timer: Disposable | undefined;

  constructor({ clock, proxies = noProxies, resolve = lookUp, connectMs = 15_000 }: OutgoingOptions) {
    this.#clock = clock;
    this.#rules = new ProxyRules(proxies);
    this.#resolve = resolve;
    this.#connectMs = connectMs;
    this.#plain = new PlainAgent((target) => this.connect(target));
    this.#tls = new TlsAgent((target, then) =>
      this.#within(target, async (signal) => then(await this.#reach(target, signal), signal)),
    );
    this.#lookedAt = clock.now();
  }

  /** Keeps connections alive. Ask for each request: after a sleep of the machine, what was kept is dropped here. */
  agentFor(url: URL): http.Agent {
    this.#look();
    return url.protocol === 'https:' ? this.#tls : this.#plain;
  }

  /**
   * A connected socket. Rejects with the system's error of the attempt that says most, `ETIMEDOUT` when the time is over,
   * `proxy.*` (a sentence with its cure) when it is the proxy that fails, and as `signal` does.
   */
  connect(target: Target, options: { signal?: AbortSignal; halfOpen?: boolean } = {}): Promise<Socket> {
    const { halfOpen = false } = options;
    return this.#within(target, (signal) => this.#reach(target, signal, halfOpen), options.signal);
  }

  close(): void {
    this.#closed.abort(new Error('nothing is connected any more'));
    this.#timer?.[Symbol.dispose]();
    this.#plain.destroy();
    this.#tls.destroy();
  }

  async #within<T>(target: Target, work: (signal: AbortSignal) => Promise<T>, outer?: AbortSignal): Promise<T> {
    const late = new AbortController();
    using _deadline = this.#clock.after(this.#connectMs, () => late.abort(this.#lateness(target)));
    return await work(AbortSignal.any([late.signal, this.#closed.signal, ...(outer ? [outer] : [])]));
  }

  #lateness(target: Target): Error {
    const proxy = this.#rules.of(target);
    const seconds = `${Math.ceil(this.#connectMs / 1000)} s`;
    if (proxy) return proxyError('silent', proxy, `did not connect to ${nameOf(target)} within ${seconds}`);
    return Object.assign(new Error(`${nameOf(target)} did not answer within ${seconds}`), { code: 'ETIMEDOUT' });
  }

  async #reach(target: Target, signal: AbortSignal, halfOpen = false): Promise<Socket> {
    const proxy = this.#rules.of(target);
    if (!proxy) return this.#dial(target, { signal, halfOpen });
    const socket = await this.#reachProxy(proxy, { signal, halfOpen });
    // By its checked address where there is one: what the proxy would find under the name, nobody here has checked.
    const [address = target.host] = [...(target.addresses ?? [])].sort((a, b) => Number(isIPv6(a)) - Number(isIPv6(b)));
    try {
      return await untilAborted(askProxy(socket, proxy, nameOf({ ...target, host: address })), signal);
    } catch (error) {
      socket.destroy();
      throw error;
    }
  }

  async #reachProxy(proxy: ProxyServer, how: { signal: AbortSignal; halfOpen: boolean }): Promise<Socket> {
    try {
      const socket = await this.#dial(proxy, how);
      return proxy.protocol === 'https:'
        ? await secured(socket, { servername: serverName(proxy.host) }, how.signal)
        : socket;
    } catch (error) {
      if (how.signal.aborted) throw error;
      throw proxyError(
        'unreachable',
        proxy,
        `cannot be reached (${systemCode(error) ?? 'the connection broke'})`,
        error,
      );
    }
  }

  async #dial(target: Target, { signal, halfOpen }: { signal: AbortSignal; halfOpen: boolean }): Promise<Socket> {
    const addresses = target.addresses ?? (await untilAborted(this.#addressesOf(target.host), signal));
    const socket = await firstOf(addresses, { port: target.port, halfOpen, clock: this.#clock, signal });
    if (!target.addresses && socket.remoteAddress !== undefined) this.#answered.set(target.host, socket.remoteAddress);
    return socket;
  }

  async #addressesOf(host: string): Promise<string[]> {
    const found = alternating(await this.#resolve(host));
    const best = this.#answered.get(host);
    return best !== undefined && found.includes(best) ? [best, ...found.filter((one) => one !== best)] : found;
  }

  #look(): void {
    this.#timer?.[Symbol.dispose]();
    const now = this.#clock.now();
    if (Math.abs(now - this.#lookedAt) > sleptMs) for (const agent of [this.#plain, this.#tls]) dropIdle(agent);
    this.#lookedAt = now;
    if (!this.#closed.signal.aborted) this.#timer = this.#clock.after(lookMs, () => this.#look());
  }
}

/** What Node gives an agent to connect with. */
interface ConnectOptions extends tls.ConnectionOptions {
  readonly host?: string;
  readonly port?: number;
}
type Connected = (error: Error | null, socket?: Socket) => void;

class PlainAgent extends http.Agent {
  readonly #connect: (target: Target) => Promise<Socket>;

  constructor(connect: (target: Target) => Promise<Socket>) {
    super(kept);
    this.#connect = connect;
  }

  createConnection(options: ConnectOptions, done: Connected): undefined {
    settle(this.#connect(targetOf('http:', options)), done);
  }
}

class TlsAgent extends https.Agent {
  readonly #connect: (target: Target, then: Then) => Promise<Socket>;

  constructor(connect: (target: Target, then: Then) => Promise<Socket>) {
    super(kept);
    this.#connect = connect;
  }

  createConnection(options: ConnectOptions, done: Connected): undefined {
    settle(
      this.#connect(targetOf('https:', options), (socket, signal) => secured(socket, options, signal)),
      done,
    );
  }
}

type Then = (socket: Socket, signal: AbortSignal) => Promise<Socket>;

function targetOf(protocol: Target['protocol'], { host, port }: ConnectOptions): Target {
  return { protocol, host: host ?? 'localhost', port: Number(port) };
}

function settle(connected: Promise<Socket>, done: Connected): void {
  connected.then(
    (socket) => done(null, socket),
    (error: unknown) => done(error instanceof Error ? error : new Error(String(error))),
  );
}

/**
 * The first of these addresses that answers: each is tried a moment after the one before, or as soon as that has failed,
 * and none is given up before another one has won. The losers are closed.
 */
function firstOf(
  addresses: readonly string[],
  { port, halfOpen, clock, signal }: { port: number; halfOpen: boolean; clock: Clock; signal: AbortSignal },
): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const waiting = [...addresses];
    const open = new Set<Socket>();
    let failure: Error | undefined;
    let timer: Disposable | undefined;
    const end = (winner?: Socket) => {
      timer?.[Symbol.dispose]();
      signal.removeEventListener('abort', onAbort);
      for (const socket of open) if (socket !== winner) socket.destroy();
      open.clear();
    };
    const onAbort = () => {
      end();
      reject(signal.reason);
    };
    const fail = (socket: Socket, error: Error) => {
      // Of a winner as well: whoever uses it next hears its errors too, and none goes unheard in between.
      if (!open.delete(socket)) return;
      // That a line is not there at all says less than what the others said.
      if (failure === undefined || /^E(NETUNREACH|HOSTUNREACH|ADDRNOTAVAIL)$/.test(systemCode(failure) ?? ''))
        failure = error;
      next();
    };
    const next = () => {
      timer?.[Symbol.dispose]();
      const host = waiting.shift();
      if (host === undefined) {
        if (open.size > 0) return;
        end();
        reject(failure ?? Object.assign(new Error('The name has no address'), { code: 'ENOTFOUND' }));
        return;
      }
      // There is no time limit on what is connected, so a dead line must be noticed otherwise.
      const socket = connect({
        host,
        port,
        allowHalfOpen: halfOpen,
        noDelay: true,
        keepAlive: true,
        keepAliveInitialDelay: 30_000,
      });
      open.add(socket);
      socket.on('error', (error) => fail(socket, error));
      socket.once('connect', () => {
        end(socket);
        resolve(socket);
      });
      if (waiting.length > 0) timer = clock.after(attemptDelayMs, next);
    };
    if (signal.aborted) return reject(signal.reason);
    signal.addEventListener('abort', onAbort, { once: true });
    next();
  });
}

/** Speaks TLS from here on. The socket is destroyed when it cannot, or as `signal` aborts. */
function secured(socket: Socket, options: tls.ConnectionOptions, signal: AbortSignal): Promise<Socket> {
  const secure = tls.connect({ ...options, socket });
  const shaken = new Promise<Socket>((resolve, reject) => {
    secure.once('secureConnect', () => resolve(secure));
    secure.on('error', reject);
    secure.once('close', () => reject(Object.assign(new Error('the connection was closed'), { code: 'ECONNRESET' })));
  });
  return untilAborted(shaken, signal).catch((error: unknown) => {
    socket.destroy();
    secure.destroy();
    throw error;
  });
}

/** Resolves with the socket when what comes after is said to `authority` itself. */
function askProxy(socket: Socket, proxy: ProxyServer, authority: string): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const asked = http.request({
      createConnection: () => socket,
      method: 'CONNECT',
      path: authority,
      headers: { host: authority, ...(proxy.authorization && { 'proxy-authorization': proxy.authorization.open() }) },
    });
    asked.once('connect', (answer: http.IncomingMessage, _socket: unknown, head: Buffer) => {
      const status = answer.statusCode ?? 0;
      if (status < 200 || status > 299) return reject(refusal(proxy, authority, answer));
      if (head.length > 0) socket.unshift(head);
      resolve(socket);
    });
    asked.once('error', (error) => {
      const why = systemCode(error) ?? 'the connection broke';
      reject(proxyError('refused', proxy, `did not connect to ${authority} (${why})`, error));
    });
    asked.end();
  });
}

function refusal(proxy: ProxyServer, authority: string, answer: http.IncomingMessage): NanoclawError {
  const { statusCode: status = 0, statusMessage = '' } = answer;
  const said = `${status} ${statusMessage.replace(/[^ -~]/g, '').slice(0, 100)}`.trim();
  if (status === 407) {
    const what = proxy.authorization
      ? 'does not accept the user and password it was given'
      : 'asks for a user and a password';
    return proxyError('refused', proxy, `${what} (${said})`);
  }
  return proxyError(
    'refused',
    proxy,
    `${status >= 500 ? 'cannot reach' : 'refuses a connection to'} ${authority} (${said})`,
  );
}

function proxyError(
  what: 'unreachable' | 'silent' | 'refused',
  proxy: ProxyServer,
  sentence: string,
  cause?: unknown,
): NanoclawError {
  return new NanoclawError(`proxy.${what}`, `The proxy ${nameOf(proxy)} ${sentence}.`, {
    cure: `Correct ${proxy.variable} (http://user:password@host:port), or name the host in NO_PROXY.`,
    cause,
  });
}

function nameOf({ host, port }: { host: string; port: number }): string {
  return isIPv6(host) ? `[${host}]:${port}` : `${host}:${port}`;
}

// TLS knows no name that is an address.
function serverName(host: string): string {
  return isIPv6(host) || /^[\d.]+$/.test(host) ? '' : host;
}

async function lookUp(name: string): Promise<string[]> {
  const found = await lookup(name, { all: true, verbatim: true });
  return found.map(({ address }) => address);
}

/** One family after the other, beginning with the one that the system puts first. */
function alternating(addresses: readonly string[]): string[] {
  const first = addresses.filter((address) => isIPv6(address) === isIPv6(addresses[0] ?? ''));
  const second = addresses.filter((address) => !first.includes(address));
  return Array.from({ length: Math.max(first.length, second.length) }, (_, n) => [first[n], second[n]])
    .flat()
    .filter((address) => address !== undefined);
}

function dropIdle(agent: http.Agent): void {
  for (const sockets of Object.values(agent.freeSockets)) for (const socket of sockets ?? []) socket.destroy();
}
