import { writeFileSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { describe, expect, it, onTestFinished } from 'vitest';
import { hasCode } from '../../src/model/errors.ts';
import { echoServer, readUntil, recorder, SandboxClient } from './gateway-client.ts';
import type { House } from './gateway-house.ts';

export function doorContract(name: string, house: House): void {
  describe(`${name}: the door`, () => {
    it('is a socket everybody inside may use, in a directory one can pass through', async () => {
      const { spec, inside } = await house();
      const socket = await stat(inside.socketPath);
      expect(socket.isSocket()).toBe(true);
      expect(socket.mode & 0o777).toBe(0o666);
      expect((await stat(spec.directory)).mode & 0o777).toBe(0o711);
    });

    it('replaces what a dead host left behind, and a door that is still open', async () => {
      const { gateway, door, spec, inside } = await house();
      await door.close();
      writeFileSync(inside.socketPath, 'left behind');
      const second = await gateway.open(spec);
      const third = await gateway.open(spec);
      await second.close();
      expect((await inside.ask()).status).toBe(200);
      await third.close();
      await expect(stat(inside.socketPath)).rejects.toThrow('ENOENT');
    });

    it('cuts everything that is open when it closes, and can be closed twice', async () => {
      const echo = await echoServer();
      onTestFinished(() => echo[Symbol.asyncDispose]());
      const { door, inside, upstream } = await house((_request, response) => void response.write('begun'), {
        allow: [`127.0.0.1:${echo.port}`],
      });
      const { socket } = await inside.tunnel(`127.0.0.1:${echo.port}`);
      const answer = await inside.begin();
      const broken = expect(async () => {
        for await (const _chunk of answer);
      }).rejects.toThrow();
      await Promise.all([door.close(), door.close()]);
      await broken;
      expect(await readUntil(socket, () => false)).toBe('');
      await upstream.requests[0]?.closed;
      await expect(inside.ask()).rejects.toThrow('ENOENT');
    });

    it('keeps groups apart', async () => {
      const { gateway, spec, inside } = await house();
      const directory = `${spec.directory}-2`;
      const site = await recorder();
      onTestFinished(() => site[Symbol.asyncDispose]());
      await gateway.open({ ...spec, group: 'other', directory, allow: [`127.0.0.1:${site.port}`] });
      const path = `${site.url}/`;
      expect((await new SandboxClient(directory).ask({ method: 'GET', path })).status).toBe(200);
      expect((await inside.ask({ method: 'GET', path })).status).toBe(403);
    });

    it('refuses what cannot be listened on, with a cure', async () => {
      const { gateway, spec } = await house();
      const cases = [`${spec.directory}/${'x'.repeat(100)}`, '/dev/null/door'];
      for (const directory of cases) {
        const error: unknown = await gateway.open({ ...spec, directory }).catch((reason: unknown) => reason);
        expect(hasCode(error, 'gateway.cannot-listen') && error.cure).toBeTruthy();
      }
      await gateway.close();
      await expect(gateway.open(spec)).rejects.toMatchObject({ code: 'gateway.cannot-listen' });
    });
  });
}
