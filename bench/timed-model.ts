import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createRehearsal, type Rehearsal, type Script } from '../src/gateway/rehearsal/rehearsal.ts';
import { moment } from './moment.ts';

export interface Asked {
  readonly at: number;
  readonly bytes: number;
  /** When the last byte of the answer was given to the system. */
  answeredAt: number | undefined;
}

/** The rehearsal model with a stopwatch: the same handler for us and for the bare SDK. */
export class TimedModel {
  readonly asked: Asked[] = [];
  readonly #rehearsal: Rehearsal;

  constructor(script: Script) {
    this.#rehearsal = createRehearsal({ script, remember: 1 });
  }

  readonly handle = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const asked: Asked = {
      at: moment(),
      bytes: Number(request.headers['content-length'] ?? Number.NaN),
      answeredAt: undefined,
    };
    this.asked.push(asked);
    response.once('finish', () => {
      asked.answeredAt = moment();
    });
    await this.#rehearsal.handle(request, response);
  };

  /** On a loopback port, for those who have no gateway. */
  async serve(): Promise<AsyncDisposable & { url: string }> {
    const server = createServer((request, response) => void this.handle(request, response));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    if (typeof address !== 'object' || address === null) throw new Error('the model has no port');
    return {
      url: `http://127.0.0.1:${address.port}`,
      async [Symbol.asyncDispose]() {
        server.closeAllConnections();
        await new Promise((resolve) => server.close(resolve));
      },
    };
  }
}
