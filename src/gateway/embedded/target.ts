/** Where somebody wants to go, in one spelling: lower case, no brackets, no final dot, numbers as dotted quads. */
export interface Target {
  readonly host: string;
  readonly port: number;
}

// No user, no zone (%), no escapes: nothing in which another host could hide. `[…]` holds an IPv6 address.
const authorityShape = /^(\[[0-9A-Fa-f:.]+\]|[^\s:@/?#\\[\]%]+)(?::(\d{1,5}))?$/;

/** `host:port`; the port may be left out where there is a default. Undefined for everything that is not exactly that. */
export function parseAuthority(authority: string, defaultPort?: number): Target | undefined {
  const [, written, digits] = authorityShape.exec(authority) ?? [];
  const port = digits === undefined ? defaultPort : Number(digits);
  if (written === undefined || port === undefined || port < 1 || port > 65_535) return undefined;
  if (!URL.canParse(`http://${written}/`)) return undefined;
  // The URL parser turns 2130706433, 0x7f.1 and 0177.0.0.1 into 127.0.0.1 and international names into ASCII.
  const host = new URL(`http://${written}/`).hostname.replace(/^\[|\]$/g, '').replace(/\.$/, '');
  return host === '' ? undefined : { host, port };
}

export type AbsoluteForm =
  | { readonly type: 'http'; readonly target: Target; readonly authority: string; readonly path: string }
  | { readonly type: 'bad'; readonly sentence: string };

/** The request line a client sends to a proxy for plain http: `GET http://host/path`. */
export function parseAbsoluteForm(url: string): AbsoluteForm {
  const [, authority, path = '/'] = /^http:\/\/([^/?#]*)([/?][^#]*)?$/i.exec(url) ?? [];
  if (authority === undefined)
    return { type: 'bad', sentence: 'Only http:// addresses and CONNECT are understood here.' };
  const target = parseAuthority(authority, 80);
  if (target === undefined) return { type: 'bad', sentence: 'The address is not a plain host and port.' };
  return { type: 'http', target, authority, path: path.startsWith('?') ? `/${path}` : path };
}
