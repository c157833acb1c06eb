import type { IncomingHttpHeaders, OutgoingHttpHeaders } from 'node:http';

// About one connection, not about the message: a proxy never passes them on.
const hopByHop = new Set([
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  // Answered by our own server already; passed on, the other side would answer it a second time.
  'expect',
]);

/** Four times Node's own limit: sites with many cookies are common, and the memory is one request's. */
export const longestHead = 65_536;

/** What may be passed on: no hop-by-hop header, and none that `Connection` declares to be one. */
export function endToEnd(headers: IncomingHttpHeaders): OutgoingHttpHeaders {
  const declared = new Set((headers.connection ?? '').split(',').map((name) => name.trim().toLowerCase()));
  const kept: OutgoingHttpHeaders = {};
  for (const [name, value] of Object.entries(headers)) {
    if (!hopByHop.has(name) && !declared.has(name)) kept[name] = value;
  }
  return kept;
}

/**
 * Headers for the next hop of a message with a body of unknown length. Said explicitly, because Node frames the body of
 * a GET or DELETE not at all otherwise, and an unframed body is a second request to whoever reads it.
 */
export function withFraming(headers: OutgoingHttpHeaders, incoming: IncomingHttpHeaders): OutgoingHttpHeaders {
  return incoming['transfer-encoding'] === undefined ? headers : { ...headers, 'transfer-encoding': 'chunked' };
}
