import { BlockList, isIP } from 'node:net';
import { NanoclawError } from '../model/errors.ts';
import { Secret } from './secret.ts';

/** As the settings have them; a proxy's address may hold a user and a password. */
export interface Proxies {
  readonly http?: Secret | undefined;
  readonly https?: Secret | undefined;
  /** Commas or blanks between them: `*`, a name (it and all below it), `.name` (what is below it), an address, a network in CIDR; each with `:port` or without. */
  readonly none?: string | undefined;
}

export const noProxies: Proxies = {};

export interface ProxyServer {
  readonly protocol: 'http:' | 'https:';
  readonly host: string;
  readonly port: number;
  /** The header's value. */
  readonly authorization: Secret | undefined;
  /** The setting it comes from. */
  readonly variable: 'HTTP_PROXY' | 'HTTPS_PROXY';
}

interface Exception {
  readonly port: number | undefined;
  matches(host: string): boolean;
}

/** Says which proxy leads to a target. This machine itself is never reached through one. */
export class ProxyRules {
  readonly #http: ProxyServer | undefined;
  readonly #https: ProxyServer | undefined;
  readonly #exceptions: readonly Exception[];

  constructor({ http, https, none = '' }: Proxies) {
    this.#http = http && readProxy('HTTP_PROXY', http);
    this.#https = https && readProxy('HTTPS_PROXY', https);
    this.#exceptions = none.split(/[\s,]+/).flatMap((entry) => (entry === '' ? [] : [readException(entry)]));
  }

  of({ protocol, host, port }: { protocol: 'http:' | 'https:'; host: string; port: number }): ProxyServer | undefined {
    const proxy = protocol === 'https:' ? this.#https : this.#http;
    const name = host.toLowerCase().replace(/\.$/, '');
    if (!proxy || isThisMachine(name)) return undefined;
    const excepted = this.#exceptions.some((one) => (one.port ?? port) === port && one.matches(name));
    return excepted ? undefined : proxy;
  }
}

/** Throws `config.invalid` for what is no proxy's address; the sentence shows nothing of it, for a password may be in it. */
export function readProxy(variable: ProxyServer['variable'], address: Secret, place?: string): ProxyServer {
  const text = address.open().trim();
  const written = /^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : `http://${text}`;
  const url = URL.canParse(written) ? new URL(written) : undefined;
  const { protocol } = url ?? {};
  if (!url || (protocol !== 'http:' && protocol !== 'https:') || url.hostname === '') {
    const named = place === undefined ? variable : `${variable} in ${place}`;
    throw new NanoclawError('config.invalid', `${named} is not the address of a proxy that is spoken to by HTTP.`, {
      cure: 'Write it as http://host:port or http://user:password@host:port; SOCKS is not supported.',
    });
  }
  const given = `${decoded(url.username)}:${decoded(url.password)}`;
  return {
    protocol,
    host: url.hostname.replace(/^\[|\]$/g, ''),
    port: url.port === '' ? (protocol === 'https:' ? 443 : 80) : Number(url.port),
    authorization: given === ':' ? undefined : new Secret(`Basic ${Buffer.from(given).toString('base64')}`),
    variable,
  };
}

function readException(entry: string): Exception {
  const [, bracketed, plain = '', digits] = /^(?:\[([^\]]*)\]|(.*?))(?::(\d+))?$/.exec(entry) ?? [];
  // More than one colon and no brackets: an IPv6 address without a port.
  const whole = bracketed ?? (isIP(entry.split('/', 1)[0] ?? '') === 6 ? entry : plain);
  const port = digits === undefined || whole === entry ? undefined : Number(digits);
  const name = whole
    .toLowerCase()
    .replace(/^\*(?=\.)/, '')
    .replace(/\.$/, '');
  if (name === '*') return { port, matches: () => true };
  const [address = '', prefix] = name.split('/');
  const version = isIP(address);
  if (version !== 0) {
    const family = version === 6 ? 'ipv6' : 'ipv4';
    const list = new BlockList();
    const bits = Number(prefix ?? (version === 6 ? 128 : 32));
    if (Number.isInteger(bits) && bits >= 0 && bits <= (version === 6 ? 128 : 32))
      list.addSubnet(address, bits, family);
    return { port, matches: (host) => isIP(host) === version && list.check(host, family) };
  }
  const below = name.startsWith('.') ? name : `.${name}`;
  return { port, matches: (host) => host === name || host.endsWith(below) };
}

function isThisMachine(host: string): boolean {
  return (
    host === 'localhost' ||
    host.endsWith('.localhost') ||
    host === '::1' ||
    (isIP(host) === 4 && host.startsWith('127.'))
  );
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch (error) {
    if (error instanceof URIError) return text;
    throw error;
  }
}
