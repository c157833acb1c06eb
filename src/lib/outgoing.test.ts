import { once } from 'node:events';
import * as http from 'node:http';
import * as https from 'node:https';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { certificate, privateKey } from '../../test/contracts/gateway-certificate.ts';
import { stalledListener } from '../../test/fixtures/stalled-listener.ts';
import { WindableClock } from '../../test/windable-clock.ts';
import { Outgoing, type OutgoingOptions } from './outgoing.ts';
import { Secret } from './secret.ts';

async function listen(server: Server, host = '127.0.0.1', port = 0): Promise<number> {
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => sockets.add(socket.on('error', () => socket.destroy())));
  server.listen(port, host);
  await once(server, 'listening');
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  const address = server.address();
  if (typeof address !== 'object' || address === null) throw new Error('no port');
  return address.port;
}

function open(options: Partial<OutgoingOptions> = {}): { outgoing: Outgoing; clock: WindableClock } {
  const clock = new WindableClock();
  const outgoing = new Outgoing({ clock, ...options });
  onTestFinished(() => outgoing.close());
  return { outgoing, clock };
}

async function get(outgoing: Outgoing, address: string, more: https.RequestOptions = {}): Promise<string> {
  const url = new URL(address);
  const start = url.protocol === 'https:' ? https.get : http.get;
  const request = start(url, { agent: outgoing.agentFor(url), ...more });
  const [answer]: unknown[] = await once(request, 'response');
  if (!(answer instanceof http.IncomingMessage)) throw new Error('no answer');
  let text = '';
  for await (const chunk of answer) text += String(chunk);
  return text;
}

const answering = (text: string) => http.createServer((_request, response) => void response.end(text));

/** A proxy as companies have them; `seen` is what it was asked for. */
async function proxyServer(judge: (authority: string) => string | Socket | undefined = () => undefined) {
  const seen: { authority: string; authorization: string | undefined }[] = [];
  const server = http.createServer((_request, response) => void response.writeHead(400).end());
  server.on('connect', (request, client: Socket) => {
    const authority = request.url ?? '';
    seen.push({ authority, authorization: request.headers['proxy-authorization'] });
    const answer = judge(authority);
    if (typeof answer === 'string') return void client.end(`HTTP/1.1 ${answer}\r\ncontent-length: 0\r\n\r\n`);
    const there = answer ?? connect({ port: Number(authority.split(':').at(-1)), host: '127.0.0.1' });
    client.write('HTTP/1.1 200 Connection established\r\n\r\n');
    there.on('error', () => client.destroy());
    client.pipe(there).pipe(client);
  });
  const port = await listen(server);
  return { port, seen, at: (login = '') => new Secret(`http://${login}localhost:${port}`) };
}

describe('a line of which half is dead', () => {
  it('takes the address that answers while the one before it never does', async () => {
    await using dead = await stalledListener('127.0.0.2');
    await listen(answering('reached'), '127.0.0.3', dead.port);
    const { outgoing } = open({ resolve: async () => ['127.0.0.2', '127.0.0.3'] });
    expect(await get(outgoing, `http://half.test:${dead.port}/`)).toBe('reached');
  });

  it('waits for a slow address although the others were tried since: none is given up before one has won', async () => {
    await using slow = await stalledListener('127.0.0.2');
    await using dead = await stalledListener('127.0.0.3', slow.port);
    const { outgoing, clock } = open({ resolve: async () => ['127.0.0.2', '127.0.0.3', '127.0.0.4'] });
    const connecting = outgoing.connect({ protocol: 'http:', host: 'slow.test', port: dead.port });
    // All three are on their way, and the last has been refused, long before the first one answers.
    clock.advance(300);
    await new Promise((resolve) => setImmediate(resolve));
    clock.advance(300);
    slow.recover();
    const socket = await connecting;
    expect(socket.remoteAddress).toBe('127.0.0.2');
    socket.destroy();
  });

  it('tries the families by turns, and first what answered last', async () => {
    await using dead = await stalledListener('127.0.0.2');
    const port = await listen(answering('v4'), '127.0.0.1', dead.port);
    const { outgoing, clock } = open({ resolve: async () => ['127.0.0.2', '127.0.0.1'] });
    expect(await get(outgoing, `http://half.test:${port}/`)).toBe('v4');
    const again = outgoing.connect({ protocol: 'http:', host: 'half.test', port });
    (await again).destroy();
    const { outgoing: fresh } = open({ clock, resolve: async () => ['::1', '127.0.0.1'] });
    const socket = await fresh.connect({ protocol: 'http:', host: 'six.test', port });
    expect(socket.remoteAddress).toBe('127.0.0.1');
    socket.destroy();
  });

  it('says of a name that nothing answers: in time, or why', async () => {
    await using dead = await stalledListener('127.0.0.2');
    const { outgoing, clock } = open({ resolve: async () => ['127.0.0.2'] });
    const late = outgoing.connect({ protocol: 'http:', host: 'dead.test', port: dead.port });
    const refused = expect(late).rejects.toMatchObject({
      code: 'ETIMEDOUT',
      message: `dead.test:${dead.port} did not answer within 15 s`,
    });
    clock.advance(15_000);
    await refused;
    const { outgoing: second } = open({ resolve: async () => ['127.0.0.3', '127.0.0.4'] });
    await expect(second.connect({ protocol: 'http:', host: 'nobody.test', port: dead.port })).rejects.toMatchObject({
      code: 'ECONNREFUSED',
    });
  });

  it('gives up what nobody waits for any more', async () => {
    await using dead = await stalledListener('127.0.0.2');
    const { outgoing } = open({ resolve: async () => ['127.0.0.2'] });
    const signal = new AbortController();
    const connecting = outgoing.connect(
      { protocol: 'http:', host: 'dead.test', port: dead.port },
      { signal: signal.signal },
    );
    signal.abort(new Error('enough'));
    await expect(connecting).rejects.toThrow('enough');
    const other = outgoing.connect({ protocol: 'http:', host: 'dead.test', port: dead.port });
    outgoing.close();
    await expect(other).rejects.toThrow('nothing is connected any more');
  });

  it('counts TLS into the deadline', async () => {
    const port = await listen(createServer(() => undefined));
    const { outgoing, clock } = open();
    const asked = get(outgoing, `https://localhost:${port}/`);
    const refused = expect(asked).rejects.toMatchObject({ code: 'ETIMEDOUT' });
    clock.advance(15_000);
    await refused;
  });
});

describe('connections that are kept', () => {
  it('are used again, and dropped after a sleep: what slept with the machine is dead although nobody said so', async () => {
    const remotes = new Set<number | undefined>();
    const port = await listen(
      http.createServer((request, response) => {
        remotes.add(request.socket.remotePort);
        response.end('ok');
      }),
    );
    const { outgoing, clock } = open();
    const url = `http://127.0.0.1:${port}/`;
    await get(outgoing, url);
    await new Promise((resolve) => setImmediate(resolve));
    await get(outgoing, url);
    expect(remotes.size).toBe(1);
    await new Promise((resolve) => setImmediate(resolve));
    clock.advance(3_600_000);
    await get(outgoing, url);
    expect(remotes.size).toBe(2);
  });
});

describe('a proxy', () => {
  it('leads to http and https, with the user and password of its address, and the name is left to it', async () => {
    const server = https.createServer(
      { cert: certificate, key: privateKey },
      (_request, response) => void response.end('by tls'),
    );
    const port = await listen(server);
    const plain = await listen(answering('plain'));
    const proxy = await proxyServer();
    const proxies = { https: proxy.at('ann:p%40ss@'), http: proxy.at() };
    const { outgoing } = open({ proxies, resolve: async (name) => (name === 'localhost' ? ['127.0.0.1'] : []) });
    const trusted = { ca: certificate, servername: 'localhost' };
    expect(await get(outgoing, `https://model.test:${port}/`, trusted)).toBe('by tls');
    expect(await get(outgoing, `http://model.test:${plain}/`)).toBe('plain');
    expect(proxy.seen).toEqual([
      { authority: `model.test:${port}`, authorization: `Basic ${Buffer.from('ann:p@ss').toString('base64')}` },
      { authority: `model.test:${plain}`, authorization: undefined },
    ]);
  });

  it('is given the checked address where there is one, never the name', async () => {
    const port = await listen(answering('ok'));
    const proxy = await proxyServer();
    const { outgoing } = open({ proxies: { https: proxy.at() }, resolve: async () => ['127.0.0.1'] });
    const socket = await outgoing.connect({
      protocol: 'https:',
      host: 'site.test',
      port,
      addresses: ['2606:4700::1', '93.184.216.34'],
    });
    expect(proxy.seen.map(({ authority }) => authority)).toEqual([`93.184.216.34:${port}`]);
    socket.destroy();
  });

  it.each([
    ['407 Proxy Authentication Required', '', 'asks for a user and a password (407 Proxy Authentication Required).'],
    ['407 No', 'ann:wrong@', 'does not accept the user and password it was given (407 No).'],
    ['403 Forbidden', '', 'refuses a connection to model.test:443 (403 Forbidden).'],
    ['502 Bad Gateway', '', 'cannot reach model.test:443 (502 Bad Gateway).'],
  ])('that answers %s is named in a sentence, without its password', async (answer, login, sentence) => {
    const proxy = await proxyServer(() => answer);
    const { outgoing } = open({ proxies: { https: proxy.at(login) }, resolve: async () => ['127.0.0.1'] });
    const asked = get(outgoing, 'https://model.test/');
    await expect(asked).rejects.toMatchObject({
      code: 'proxy.refused',
      message: `The proxy localhost:${proxy.port} ${sentence}`,
      cure: expect.stringContaining('Correct HTTPS_PROXY'),
    });
    await expect(asked).rejects.not.toThrow('wrong');
  });

  it('that is away, hangs or hangs up is named as well', async () => {
    const silent = await listen(createServer(() => undefined));
    const rude = await listen(createServer((socket) => void socket.once('data', () => socket.destroy())));
    const through = (port: number) => open({ proxies: { https: new Secret(`127.0.0.1:${port}`) } });
    const { outgoing, clock } = through(silent);
    const hanging = expect(get(outgoing, 'https://model.test/')).rejects.toMatchObject({
      code: 'proxy.silent',
      message: `The proxy 127.0.0.1:${silent} did not connect to model.test:443 within 15 s.`,
    });
    clock.advance(15_000);
    await hanging;
    await expect(get(through(rude).outgoing, 'https://model.test/')).rejects.toMatchObject({ code: 'proxy.refused' });
    await expect(get(through(1).outgoing, 'https://model.test/')).rejects.toMatchObject({
      code: 'proxy.unreachable',
      message: 'The proxy 127.0.0.1:1 cannot be reached (ECONNREFUSED).',
    });
  });
});
