import { EventEmitter, once } from 'node:events';
import { describe, expect, it, onTestFinished } from 'vitest';
import { Secret } from '../../src/lib/secret.ts';
import { eventually } from '../eventually.ts';
import { recorder } from './gateway-client.ts';
import { type House, secret } from './gateway-house.ts';

export function modelSideContract(name: string, house: House): void {
  describe(`${name}: the model side`, () => {
    const kinds = [
      ['api-key', 'ANTHROPIC_API_KEY', { 'x-api-key': 'placeholder' }, { 'x-api-key': secret }],
      [
        'oauth',
        'CLAUDE_CODE_OAUTH_TOKEN',
        { authorization: 'Bearer placeholder' },
        { authorization: `Bearer ${secret}` },
      ],
      [
        'auth-token',
        'ANTHROPIC_AUTH_TOKEN',
        { authorization: 'Bearer placeholder' },
        { authorization: `Bearer ${secret}` },
      ],
    ] as const;
    for (const [kind, variable, placeholder, real] of kinds) {
      it(`puts the ${kind} in place of the placeholder, and nothing of it into the environment`, async () => {
        const { gateway, inside, upstream } = await house(undefined, {
          credential: { kind, value: new Secret(secret) },
        });
        const other = kind === 'api-key' ? { authorization: 'Bearer mine' } : { 'x-api-key': 'mine' };
        const answer = await inside.ask({
          path: '/v1/messages?beta=true',
          headers: {
            ...placeholder,
            ...other,
            'anthropic-beta': 'a,b',
            'proxy-authorization': 'x',
            connection: 'x-hop',
            'x-hop': '1',
          },
          body: '{"model":"m"}',
        });
        expect(answer).toMatchObject({ status: 200, text: 'ok' });
        const [request] = upstream.requests;
        expect(request).toMatchObject({ method: 'POST', url: '/v1/messages?beta=true', body: '{"model":"m"}' });
        const { authorization, 'x-api-key': key, ...rest } = request?.headers ?? {};
        expect({ ...(authorization && { authorization }), ...(key && { 'x-api-key': key }) }).toEqual(real);
        expect(rest).toMatchObject({ 'anthropic-beta': 'a,b', host: new URL(upstream.url).host });
        expect(rest).not.toHaveProperty('proxy-authorization');
        expect(rest).not.toHaveProperty('x-hop');
        expect(gateway.credential).toBe(variable);
        expect(gateway.environment).toEqual({ ANTHROPIC_BASE_URL: 'http://127.0.0.1:3128', [variable]: 'placeholder' });
      });
    }

    it('keeps the path prefix of the base URL', async () => {
      const upstream = await recorder();
      onTestFinished(() => upstream[Symbol.asyncDispose]());
      const { inside } = await house(undefined, { baseUrl: `${upstream.url}/proxy/anthropic/` });
      await inside.ask({ path: '/v1/messages/count_tokens?beta=true' });
      expect(upstream.requests.map(({ url }) => url)).toEqual(['/proxy/anthropic/v1/messages/count_tokens?beta=true']);
    });

    it.each([
      ['POST', '/v1/messages'],
      ['POST', '/v1/messages/count_tokens'],
      ['GET', '/v1/models'],
      ['GET', '/v1/models/claude-sonnet-5?x=1'],
      ['HEAD', '/'],
    ])('passes on %s %s', async (method, path) => {
      const { inside, upstream } = await house();
      expect((await inside.ask({ method, path })).status).toBe(200);
      expect(upstream.requests).toMatchObject([{ method, url: path }]);
    });

    it.each([
      ['GET', '/v1/messages'],
      ['POST', '/v1/messages/'],
      ['POST', '/v1/messages/batches'],
      ['POST', '/v1/messages/../organizations'],
      ['POST', '//v1/messages'],
      ['POST', '/v1/messages%2f..'],
      ['POST', '/V1/messages'],
      ['GET', '/v1/models/..'],
      ['GET', '/v1/models/a/b'],
      ['GET', '/v1/models/%2e%2e'],
      ['GET', '/v1/organizations/me'],
      ['GET', '/api/oauth/profile'],
      ['DELETE', '/v1/messages'],
      ['GET', '/'],
    ])('refuses %s %s in the shape the SDK reads', async (method, path) => {
      const { inside, upstream } = await house();
      const answer = await inside.ask({ method, path, ...(method === 'POST' ? { body: '{}' } : {}) });
      expect(answer.status).toBe(404);
      expect(JSON.parse(answer.text)).toMatchObject({ type: 'error', error: { type: 'not_found_error' } });
      expect(upstream.requests).toEqual([]);
    });

    it('never frames a second request into the first', async () => {
      const { inside, upstream } = await house();
      const smuggled = 'POST /v1/organizations HTTP/1.1\r\nHost: x\r\ncontent-length: 0\r\n\r\n';
      const head = 'POST /v1/messages HTTP/1.1\r\nHost: x\r\nConnection: close\r\n';
      await inside.raw(`${head}content-length: 5\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n${smuggled}`);
      await inside.raw(`${head}content-length: 0\r\ncontent-length: ${smuggled.length}\r\n\r\n${smuggled}`);
      await inside.ask({
        method: 'GET',
        path: '/v1/models',
        headers: { 'transfer-encoding': 'chunked' },
        body: smuggled,
      });
      await inside.ask({
        method: 'GET',
        path: '/v1/models',
        headers: { 'content-length': smuggled.length },
        body: smuggled,
      });
      expect(upstream.requests.map(({ method, url, body }) => [method, url, body])).toEqual([
        ['GET', '/v1/models', ''],
        ['GET', '/v1/models', ''],
      ]);
    });

    it('streams: each piece is there before the next is made', async () => {
      const later = new EventEmitter();
      const { inside } = await house((_request, response) => {
        response.writeHead(200, { 'content-type': 'text/event-stream' });
        response.flushHeaders();
        later.once('more', () => response.write('event: ping\n\n'));
      });
      const answer = await inside.begin();
      expect(answer.headers['content-type']).toBe('text/event-stream');
      later.emit('more');
      const [piece] = await once(answer, 'data');
      expect(String(piece)).toBe('event: ping\n\n');
      answer.destroy();
    });

    it('tells the model that the client left', async () => {
      const { inside, upstream } = await house((_request, response) => void response.write('begun'));
      const answer = await inside.begin();
      answer.destroy();
      await expect(upstream.requests[0]?.closed).resolves.toBeUndefined();
    });

    it('cuts the client when the model cuts', async () => {
      const { inside } = await house((_request, response) => {
        response.write('begun', () => response.destroy());
      });
      await expect(inside.ask()).rejects.toThrow();
    });

    it('passes on errors of the model as they are', async () => {
      const body = '{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}';
      const { inside } = await house(
        (_request, response) => void response.writeHead(529, { 'retry-after': '3' }).end(body),
      );
      const answer = await inside.ask();
      expect(answer).toMatchObject({ status: 529, text: body });
      expect(answer.headers['retry-after']).toBe('3');
    });

    it('says 502 when the model cannot be reached', async () => {
      const gone = await recorder();
      await gone[Symbol.asyncDispose]();
      const { inside } = await house(undefined, { baseUrl: gone.url });
      const answer = await inside.ask();
      expect(answer.status).toBe(502);
      expect(JSON.parse(answer.text)).toMatchObject({
        error: { type: 'api_error', message: expect.stringContaining('ECONNREFUSED') },
      });
    });

    it('says 504 when the model says nothing at all', async () => {
      const { inside, upstream } = await house(() => undefined, { idleMs: 50 });
      const answer = await inside.ask();
      expect(answer.status).toBe(504);
      expect(JSON.parse(answer.text)).toMatchObject({ error: { type: 'timeout_error' } });
      await upstream.requests[0]?.closed;
    });

    it('cuts a stream that has fallen silent, and not one that is only long', async () => {
      let pieces = 0;
      const { inside, upstream } = await house(
        (_request, response) => {
          const timer = setInterval(() => {
            pieces += 1;
            response.write('x');
            if (pieces === 10) clearInterval(timer);
          }, 300);
        },
        // Longer than a busy machine holds up a piece, shorter than all ten take.
        { idleMs: 2_500 },
      );
      await expect(inside.ask()).rejects.toThrow();
      expect(pieces).toBe(10);
      await upstream.requests[0]?.closed;
    });

    it.each(['content-length', 'transfer-encoding'] as const)(
      'refuses more than 30 MB, announced by %s',
      async (framing) => {
        const { inside } = await house();
        const body = Buffer.alloc(30_000_001, 97);
        const headers = framing === 'content-length' ? { [framing]: body.length } : { [framing]: 'chunked' };
        const answer = await inside.ask({ headers, body });
        expect(answer.status).toBe(413);
        expect(JSON.parse(answer.text)).toMatchObject({ type: 'error', error: { type: 'request_too_large' } });
      },
    );

    it('takes what is just not too much', async () => {
      const { inside, upstream } = await house();
      const body = Buffer.alloc(30_000_000, 97);
      expect((await inside.ask({ body })).status).toBe(200);
      expect(upstream.requests[0]?.body.length).toBe(body.length);
    });

    it('hides the credential in whatever an upstream repeats, header, body or torn apart in a stream', async () => {
      const torn = (request: { headers: object }) => JSON.stringify(request.headers);
      const { inside, lines } = await house((request, response) => {
        const echo = torn(request);
        const at = echo.indexOf(secret) + 9;
        response.writeHead(200, `see ${secret}`, { 'x-echo': `key ${secret}`, 'set-cookie': [`a=${secret}`, 'b=2'] });
        response.write(echo.slice(0, at), () => setImmediate(() => response.end(echo.slice(at))));
      });
      const answer = await inside.ask({ path: `/v1/messages?key=${secret.slice(0, 5)}` });
      expect(answer.headers).toMatchObject({ 'x-echo': 'key ***', 'set-cookie': ['a=***', 'b=2'] });
      expect(JSON.parse(answer.text)).toMatchObject({ 'x-api-key': '*'.repeat(secret.length) });
      // The client may have the end of its answer before the gateway has said so in its log.
      await eventually('the request to be logged', () => lines.join('\n').includes('/v1/messages'));
      expect(lines.join('\n')).not.toContain(secret.slice(0, 9));
      expect(lines.join('\n')).not.toContain('key=');
    });
  });
}
