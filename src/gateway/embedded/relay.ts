import type { ClientRequest, IncomingMessage, OutgoingHttpHeaders, ServerResponse } from 'node:http';
import { pipeline, type Transform } from 'node:stream';

/**
 * Passes an answer on as it comes. An answer that breaks off cuts the client, a client that leaves cuts the answer.
 * Throws when the head is one that cannot be sent; nothing has been sent then.
 */
export function relayAnswer(
  answer: IncomingMessage,
  response: ServerResponse,
  options: { headers: OutgoingHttpHeaders; through?: readonly Transform[] },
): void {
  response.writeHead(answer.statusCode ?? 502, options.headers);
  // A stream's first event may be seconds away; the client must know at once that it was accepted.
  if (answer.headers['content-length'] === undefined) response.flushHeaders();
  // Ends by ending or destroying both; how it ended is for them to know.
  pipeline([answer, ...(options.through ?? []), response], () => undefined);
}

/** Without a listener Node drops such a connection and tells nobody; the client would wait for ever. */
export function onUnaskedUpgrade(outgoing: ClientRequest, fail: (error: Error) => void): void {
  outgoing.once('upgrade', (_answer, socket) => {
    socket.destroy();
    fail(new Error('an upgrade nobody asked for'));
  });
}
