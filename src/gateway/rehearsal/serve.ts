import { createServer } from 'node:http';
import { NanoclawError, sentenceOf } from '../../model/errors.ts';
import type { Rehearsal } from './rehearsal.ts';

/** Serves the rehearsal model on a loopback port (0: any free one), for whoever wants to point something at it. */
export async function serveRehearsal(
  rehearsal: Rehearsal,
  port: number,
): Promise<{ readonly url: string; close(): Promise<void> }> {
  const server = createServer((request, response) => void rehearsal.handle(request, response));
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error) => {
      reject(
        new NanoclawError(
          'gateway.cannot-listen',
          `The rehearsal model cannot listen on port ${port}: ${sentenceOf(error)}`,
          {
            cure: 'Choose another port.',
            cause: error,
          },
        ),
      );
    });
    server.listen(port, '127.0.0.1', () => resolve());
  });
  const address = server.address();
  const actual = typeof address === 'object' && address !== null ? address.port : port;
  return {
    url: `http://127.0.0.1:${actual}`,
    close() {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}
