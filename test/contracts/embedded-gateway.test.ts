import { once } from 'node:events';
import { createServer } from 'node:http';
import * as https from 'node:https';
import { connect } from 'node:net';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, it, onTestFinished } from 'vitest';
import { EmbeddedGateway, type EmbeddedGatewayOptions } from '../../src/gateway/embedded/gateway.ts';
import { type Network, systemNetwork } from '../../src/gateway/embedded/network.ts';
import { createRehearsal } from '../../src/gateway/rehearsal/rehearsal.ts';
import { say } from '../../src/gateway/rehearsal/reply.ts';
import { systemClock } from '../../src/lib/clock.ts';
import { createLog } from '../../src/lib/log.ts';
import { Outgoing } from '../../src/lib/outgoing.ts';
import { Secret } from '../../src/lib/secret.ts';
import { gatewayContract } from './gateway.ts';
import { certificate, privateKey } from './gateway-certificate.ts';
import { echoServer, readUntil, recorder, SandboxClient, temporaryDirectory } from './gateway-client.ts';
import { houseFor, secret } from './gateway-house.ts';

const silent = createLog('silent', { write: () => undefined });
const credential = { kind: 'api-key', value: new Secret(secret) } as const;

gatewayContract('embedded gateway', ({ baseUrl, credential, log, idleMs }) => {
  return new EmbeddedGateway({
    upstream: { kind: 'anthropic', baseUrl, credential },
    log: createLog('debug', { write: log }),
    ...(idleMs === undefined ? {} : { idleMs }),
  });
});

describe('the embedded gateway', () => {
  async function open(options: Partial<EmbeddedGatewayOptions>, egress: 'llm-only' | 'open-public' = 'open-public') {
    const directory = await temporaryDirectory();
    const upstream = { kind: 'rehearsal', handler: createRehearsal().handle } as const;
    const gateway = new EmbeddedGateway({ upstream, log: silent, ...options });
    onTestFinished(async () => {
      await gateway.close();
      await directory[Symbol.asyncDispose]();
    });
    await gateway.open({ group: 'main', directory: join(directory.path, 'd'), egress, allow: [] });
    return { gateway, inside: new SandboxClient(join(directory.path, 'd')) };
  }

  it('connects to the very address that was checked, and asks for the name once', async () => {
    const site = await recorder();
    const echo = await echoServer();
    onTestFinished(async () => {
      await site[Symbol.asyncDispose]();
      await echo[Symbol.asyncDispose]();
    });
    const answers = [['93.184.216.34'], ['127.0.0.1']];
    const dialled: string[] = [];
    const network: Network = {
      resolve: () => Promise.resolve(answers.shift() ?? []),
      async connect({ addresses, port }) {
        dialled.push(`${addresses.join()}:${port}`);
        return connect({ host: '127.0.0.1', port: port === 80 ? site.port : echo.port, allowHalfOpen: true });
      },
      local: () => [],
    };
    const { inside } = await open({ network });
    const first = await inside.ask({ method: 'GET', path: 'http://rebind.test/x' });
    expect(first).toMatchObject({ status: 200, text: 'ok' });
    expect(site.requests[0]?.headers.host).toBe('rebind.test');
    expect((await inside.ask({ method: 'GET', path: 'http://rebind.test/x' })).status).toBe(403);

    answers.push(['93.184.216.35', '10.0.0.1', '2606:4700::1'], ['127.0.0.1']);
    const { socket } = await inside.tunnel('rebind.test:443');
    socket.end('through');
    expect(await readUntil(socket, () => false)).toBe('through');
    expect((await inside.tunnel('rebind.test:443')).status).toBe(403);
    expect(dialled).toEqual(['93.184.216.34:80', '93.184.216.35,2606:4700::1:443']);
  });

  it('tries the next checked address when one is dead, and reaches no other', async () => {
    const site = await recorder();
    onTestFinished(() => site[Symbol.asyncDispose]());
    const outgoing = new Outgoing({ clock: systemClock });
    onTestFinished(() => outgoing.close());
    const to = (addresses: readonly string[]) =>
      systemNetwork(outgoing).connect(
        { protocol: 'http:', host: 'checked.test', port: site.port, addresses },
        AbortSignal.timeout(10_000),
      );
    const socket = await to(['::1', '127.0.0.3', '127.0.0.1']);
    expect(socket.remoteAddress).toBe('127.0.0.1');
    socket.destroy();
    await expect(to(['::1', '127.0.0.3'])).rejects.toThrow();
  });

  it.each(['resolve', 'connect'] as const)('gives up in time when %s never ends', async (what) => {
    const stuck: Network = {
      resolve: () => (what === 'resolve' ? new Promise(() => undefined) : Promise.resolve(['93.184.216.34'])),
      connect: () => new Promise(() => undefined),
      local: () => [],
    };
    const { inside } = await open({ network: stuck, connectMs: 40 });
    expect((await inside.ask({ method: 'GET', path: 'http://slow.test/' })).status).toBe(504);
    expect((await inside.tunnel('slow.test:443')).status).toBe(504);
  });

  it('reaches model and outside through the proxy: the model by its name, what an agent asked for by the address that was checked', async () => {
    const model = await recorder();
    const asked: string[] = [];
    const proxy = createServer().on('connect', (request, client) => {
      asked.push(request.url ?? '');
      const there = connect(model.port, '127.0.0.1');
      client.write('HTTP/1.1 200 OK\r\n\r\n');
      client
        .on('error', () => there.destroy())
        .pipe(there)
        .pipe(client);
    });
    proxy.listen(0, '127.0.0.1');
    await once(proxy, 'listening');
    const address = proxy.address();
    const at = new Secret(`http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`);
    const outgoing = new Outgoing({ clock: systemClock, proxies: { http: at, https: at } });
    onTestFinished(async () => {
      outgoing.close();
      proxy.close();
      await model[Symbol.asyncDispose]();
    });
    const network: Network = {
      ...systemNetwork(outgoing),
      resolve: async (name) => [name === 'inside.test' ? '10.0.0.1' : '93.184.216.34'],
    };
    const upstream = { kind: 'anthropic', baseUrl: 'http://model.test', credential } as const;
    const { inside } = await open({ upstream, outgoing, network });
    expect((await inside.ask()).status).toBe(200);
    expect((await inside.ask({ method: 'GET', path: 'http://site.test/x' })).status).toBe(200);
    expect((await inside.tunnel('site.test:443')).status).toBe(200);
    expect((await inside.tunnel('inside.test:443')).status).toBe(403);
    expect(asked).toEqual(['model.test:80', '93.184.216.34:80', '93.184.216.34:443']);
  });

  it('says which proxy failed, and what to do about it', async () => {
    const outgoing = new Outgoing({
      clock: systemClock,
      proxies: { https: new Secret('http://ann:hidden@127.0.0.1:1') },
    });
    onTestFinished(() => outgoing.close());
    const upstream = { kind: 'anthropic', baseUrl: 'https://model.test', credential } as const;
    const network = { ...systemNetwork(outgoing), resolve: async () => ['93.184.216.34'] };
    const { inside } = await open({ upstream, outgoing, network });
    const { status, text } = await inside.ask();
    expect(status).toBe(502);
    expect(text).toContain('The proxy 127.0.0.1:1 cannot be reached (ECONNREFUSED). Correct HTTPS_PROXY');
    expect(text).not.toContain('hidden');
    expect((await inside.tunnel('site.test:443')).text).toContain('The proxy 127.0.0.1:1 cannot be reached');
  });

  it('speaks https to the model and trusts only who it should', async () => {
    const seen: unknown[] = [];
    const server = https.createServer({ cert: certificate, key: privateKey }, (request, response) => {
      seen.push(request.headers['x-api-key']);
      response.end('by tls');
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    onTestFinished(() => void server.close());
    const address = server.address();
    const baseUrl = `https://localhost:${typeof address === 'object' ? address?.port : 0}`;
    const trusted = await open({ upstream: { kind: 'anthropic', baseUrl, credential, ca: certificate } });
    expect(await trusted.inside.ask()).toMatchObject({ status: 200, text: 'by tls' });
    const untrusted = await open({ upstream: { kind: 'anthropic', baseUrl, credential } });
    expect(await untrusted.inside.ask()).toMatchObject({ status: 502 });
    expect(seen).toEqual([secret]);
  });

  it('finds the credential in a compressed answer too', async () => {
    const house = houseFor(
      ({ baseUrl }) => new EmbeddedGateway({ upstream: { kind: 'anthropic', baseUrl, credential }, log: silent }),
    );
    const { inside, upstream } = await house((request, response) => {
      response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync(JSON.stringify(request.headers)));
    });
    const answer = await inside.ask({ headers: { 'accept-encoding': 'gzip, br' } });
    expect(JSON.parse(answer.text)).toMatchObject({ 'x-api-key': '*'.repeat(secret.length) });
    expect(answer.headers['content-encoding']).toBeUndefined();
    expect(upstream.requests[0]?.headers['accept-encoding']).toBe('identity');
  });

  it('leaves words alone that only look like a credential', async () => {
    const short = { kind: 'auth-token', value: new Secret('ollama') } as const;
    const house = houseFor(
      ({ baseUrl }) =>
        new EmbeddedGateway({ upstream: { kind: 'anthropic', baseUrl, credential: short }, log: silent }),
    );
    const { inside } = await house(
      (_request, response) => void response.setHeader('server', 'ollama').end('ollama runs'),
    );
    expect(await inside.ask()).toMatchObject({ text: 'ollama runs', headers: { server: 'ollama' } });
  });

  it('answers by the rehearsal model where there is no credential', async () => {
    const rehearsal = createRehearsal({ script: ({ headers }) => say(`key ${headers['x-api-key']}`) });
    const { gateway, inside } = await open({ upstream: { kind: 'rehearsal', handler: rehearsal.handle } }, 'llm-only');
    expect(gateway.credential).toBe('rehearsal');
    expect(gateway.environment).toEqual({
      ANTHROPIC_BASE_URL: 'http://127.0.0.1:3128',
      ANTHROPIC_API_KEY: 'placeholder',
    });
    const body = JSON.stringify({ messages: [{ role: 'user', content: 'hi' }] });
    const answer = await inside.ask({ body, headers: { 'x-api-key': 'placeholder' } });
    expect(JSON.parse(answer.text)).toMatchObject({ content: [{ type: 'text', text: 'key placeholder' }] });
    expect((await inside.ask({ method: 'GET', path: '/v1/organizations' })).status).toBe(404);
  });

  it.each(['nonsense', 'ftp://x', ''])('does not start with the model address %j', (baseUrl) => {
    const make = () => new EmbeddedGateway({ upstream: { kind: 'anthropic', baseUrl, credential }, log: silent });
    expect(make).toThrow(expect.objectContaining({ code: 'gateway.bad-upstream' }));
  });
});
