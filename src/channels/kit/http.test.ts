import { Agent, createServer, type RequestListener } from 'node:http';
import { type AddressInfo, createServer as createTcpServer, type Server } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { HttpFailed, openHttp } from './http.ts';

async function listening(server: Server): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  const address = server.address();
  const { port }: Pick<AddressInfo, 'port'> = typeof address === 'object' && address ? address : { port: 0 };
  return `http://127.0.0.1:${port}`;
}

async function openServer(listener: RequestListener) {
  const server = createServer(listener);
  const origin = await listening(server);
  onTestFinished(() => server.closeAllConnections());
  return origin;
}

function client(origins: readonly string[], agentFor?: (url: URL) => Agent) {
  const http = openHttp(origins, agentFor);
  onTestFinished(() => http.close());
  return http;
}

const { signal } = new AbortController();
const failure = (call: Promise<unknown>): Promise<unknown> => call.catch((error: unknown) => error);

test('connections are kept, a redirect is not followed, and no other origin is asked', async () => {
  const sockets = new Set<unknown>();
  const other = await openServer((_, response) => response.end('secret'));
  const origin = await openServer((request, response) => {
    sockets.add(request.socket);
    if (request.url === '/away') response.writeHead(302, { location: other }).end();
    else request.pipe(response);
  });
  const http = client([origin]);
  const post = { method: 'POST', body: 'hello', signal };
  for (let at = 0; at < 3; at += 1) expect((await http.request(`${origin}/`, post)).body.toString()).toBe('hello');
  expect(sockets.size).toBe(1);
  expect(await http.request(`${origin}/away`, { signal })).toMatchObject({ status: 302 });
  expect(await failure(http.request(other, { signal }))).toMatchObject({ code: 'http.failed', left: false });
  expect(await failure(http.request('http://127.0.0.1:1@example.org/', { signal }))).toMatchObject({ left: false });
});

test('an answer is read up to the limit and no further', async () => {
  const origin = await openServer((_, response) => response.end('x'.repeat(1_000)));
  const http = client([origin]);
  expect((await http.request(origin, { signal, maxBytes: 1_000 })).body).toHaveLength(1_000);
  expect(await failure(http.request(origin, { signal, maxBytes: 999 }))).toMatchObject({ code: 'http.too-large' });
});

test('whether a request had left is known: nobody listens, it dies before and after, it never ends', async () => {
  const dying = await openServer((request) => request.resume().on('end', () => request.socket.destroy()));
  const cutting = await openServer((_, response) => {
    response.writeHead(200, { 'content-length': 100 });
    response.write('half', () => response.destroy());
  });
  // Accepts a connection and reads nothing from it.
  const deaf = await listening(createTcpServer((socket) => void socket.pause().on('error', () => undefined)));
  const http = client([dying, cutting, deaf, 'http://127.0.0.1:9']);
  const post = { method: 'POST', body: 'hello', signal };
  expect(await failure(http.request('http://127.0.0.1:9/', post))).toMatchObject({ left: false });
  expect(await failure(http.request(dying, post))).toMatchObject({ left: true });
  expect(await failure(http.request(cutting, post))).toMatchObject({ left: true });
  const giveUp = new AbortController();
  async function* endless() {
    for (let at = 0; ; at += 1) {
      if (at === 1_000) giveUp.abort();
      yield Buffer.alloc(16_384);
    }
  }
  const never = http.request(deaf, { method: 'POST', body: endless(), signal: giveUp.signal });
  setImmediate(() => giveUp.abort());
  expect(await failure(never)).toMatchObject({ left: false, message: 'broken off' });
});

test('a call ends by its signal and with the client, and connections come from whoever is asked to make them', async () => {
  const origin = await openServer(() => undefined);
  const asked: string[] = [];
  const agent = new Agent();
  onTestFinished(() => agent.destroy());
  const http = client([origin], (url) => {
    asked.push(url.pathname);
    return agent;
  });
  const giveUp = new AbortController();
  const one = failure(http.request(`${origin}/one`, { signal: giveUp.signal }));
  const two = failure(http.request(`${origin}/two`, { signal }));
  giveUp.abort();
  expect(await one).toBeInstanceOf(HttpFailed);
  http.close();
  expect(await two).toBeInstanceOf(HttpFailed);
  expect(await failure(http.request(`${origin}/three`, { signal }))).toMatchObject({ left: false });
  expect(asked).toEqual(['/one', '/two']);
});
