import { describe, expect, it, onTestFinished } from 'vitest';
import { echoServer, rawServer, readUntil, recorder } from './gateway-client.ts';
import type { House } from './gateway-house.ts';

export function outsideContract(name: string, house: House): void {
  describe(`${name}: the way outside`, () => {
    it('is closed for llm-only and says so', async () => {
      const { inside, lines } = await house();
      const absolute = await inside.ask({ method: 'GET', path: 'http://example.com/x?token=1' });
      expect(absolute.status).toBe(403);
      expect(absolute.headers['content-length']).toBe(String(absolute.text.length));
      expect(absolute.text).toContain('llm-only');
      const tunnel = await inside.tunnel('example.com:443');
      expect(tunnel).toMatchObject({ status: 403, text: absolute.text });
      expect(lines.filter((line) => line.includes('egress refused'))).toHaveLength(2);
      expect(lines.join('\n')).not.toContain('token=');
    });

    it('is closed for allowlist, but for what is allowed', async () => {
      const site = await recorder();
      onTestFinished(() => site[Symbol.asyncDispose]());
      const { inside } = await house(undefined, { egress: 'allowlist', allow: [`LOCALHOST.:${site.port}`] });
      expect((await inside.tunnel('example.com:443')).status).toBe(403);
      const answer = await inside.ask({
        path: `http://localhost:${site.port}/a?b=1`,
        body: 'question',
        headers: { host: 'liar.test' },
      });
      expect(answer).toMatchObject({ status: 200, text: 'ok' });
      expect(site.requests).toMatchObject([
        { method: 'POST', url: '/a?b=1', body: 'question', headers: { host: `localhost:${site.port}` } },
      ]);
      expect((await inside.ask({ method: 'GET', path: `http://127.0.0.1:${site.port}/` })).status).toBe(403);
    });

    it.each(['127.0.0.1', '[::1]', '169.254.169.254', '10.0.0.1', 'localhost', '0', '2130706433'])(
      'does not lead to %s when it is open to the public internet',
      async (host) => {
        const { inside, upstream } = await house(undefined, { egress: 'open-public' });
        expect((await inside.tunnel(`${host}:80`)).status).toBe(403);
        expect((await inside.ask({ method: 'GET', path: `http://${host}/` })).status).toBe(403);
        expect((await inside.ask({ method: 'GET', path: `http://${host}:${upstream.port}/` })).status).toBe(403);
        expect(upstream.requests).toEqual([]);
      },
    );

    it('tunnels bytes both ways, those sent without waiting included, and half-closes', async () => {
      const echo = await echoServer();
      onTestFinished(() => echo[Symbol.asyncDispose]());
      const { inside } = await house(undefined, { allow: [`127.0.0.1:${echo.port}`] });
      const target = `127.0.0.1:${echo.port}`;
      const early = await inside.raw(`CONNECT ${target} HTTP/1.1\r\nHost: ${target}\r\n\r\nearly bytes`);
      expect(early).toBe('HTTP/1.1 200 Connection Established\r\n\r\nearly bytes');

      const { status, socket } = await inside.tunnel(target);
      expect(status).toBe(200);
      const big = 'x'.repeat(1_000_000);
      socket.end(big);
      let back = '';
      for await (const chunk of socket) back += String(chunk);
      expect(back.length).toBe(big.length);
    });

    it('is closed by a change of its rules, for the next request at once and for what is open by a recheck', async () => {
      const echo = await echoServer();
      onTestFinished(() => echo[Symbol.asyncDispose]());
      const { gateway, spec, inside } = await house();
      const target = `127.0.0.1:${echo.port}`;
      let allow = [target];
      const { group, directory } = spec;
      const door = await gateway.open({
        ...{ group, directory },
        egress: 'llm-only',
        get allow() {
          return allow;
        },
      });
      const { status, socket } = await inside.tunnel(target);
      expect(status).toBe(200);
      door.recheck();
      socket.write('still');
      expect(await readUntil(socket, 'still')).toBe('still');
      allow = [];
      expect((await inside.tunnel(target)).status).toBe(403);
      const cut = new Promise((resolve) => socket.resume().once('end', resolve).on('error', resolve));
      door.recheck();
      await cut;
      socket.destroy();
      allow = [target];
      expect((await inside.tunnel(target)).status).toBe(200);
    });

    it('is 502 where nobody answers', async () => {
      const gone = await recorder();
      await gone[Symbol.asyncDispose]();
      const { inside } = await house(undefined, { allow: [`127.0.0.1:${gone.port}`] });
      expect((await inside.tunnel(`127.0.0.1:${gone.port}`)).status).toBe(502);
      expect((await inside.ask({ method: 'GET', path: `${gone.url}/` })).status).toBe(502);
    });

    it.each([
      [
        'an upgrade nobody asked for',
        'HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\nabc',
      ],
      ['a status that is none', 'HTTP/1.1 099 X\r\ncontent-length: 0\r\n\r\n'],
      ['another protocol', 'SSH-2.0-OpenSSH_9.6\r\n'],
      ['a head without end', `HTTP/1.1 200 OK\r\nx: ${'a'.repeat(100_000)}`],
      ['nothing', ''],
    ])('survives a server that answers with %s', async (_what, bytes) => {
      const server = await rawServer(bytes);
      onTestFinished(() => server[Symbol.asyncDispose]());
      const baseUrl = `http://127.0.0.1:${server.port}`;
      const { inside } = await house(undefined, { baseUrl, allow: [`127.0.0.1:${server.port}`] });
      expect((await inside.ask()).status).toBe(502);
      expect((await inside.ask({ method: 'GET', path: `${baseUrl}/` })).status).toBe(502);
    });

    it('survives whatever is sent to it', async () => {
      const { inside } = await house(undefined, { egress: 'open-public' });
      const lines = [
        'GET / HTTP/1.1',
        'CONNECT  HTTP/1.1',
        'CONNECT a HTTP/1.1',
        'GET http:// HTTP/1.1',
        '\0\xff',
        'x'.repeat(100_000),
      ];
      for (const line of lines)
        await inside
          .raw(`${line}\r\nHost: x\r\nUpgrade: h2c\r\nConnection: Upgrade, close\r\n\r\nrest`)
          .catch(() => 'a reset');
      expect((await inside.ask()).status).toBe(200);
    });

    it.each([
      'https://example.com/',
      'ftp://example.com/',
      'http://user:pass@example.com/',
      'http://[fe80::1%25eth0]/',
      '*',
    ])('does not understand %s', async (path) => {
      const { inside } = await house(undefined, { egress: 'open-public' });
      expect((await inside.ask({ method: 'OPTIONS', path })).status).toBe(400);
    });
  });
}
