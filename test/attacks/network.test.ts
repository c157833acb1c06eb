// The one way out is the gateway's socket; what it refuses is refused, and nothing goes around it.
import { once } from 'node:events';
import { createServer } from 'node:net';
import { networkInterfaces } from 'node:os';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { type Recorder, recorder } from '../contracts/gateway-client.ts';
import { evil, node, Siege } from './siege.ts';

const main = 'tg:1';
const open = 'tg:70';

let siege: Siege;
/** A server of somebody else's on every address of this machine, another behind an abstract socket, and who came. */
let local: Recorder;
let abstract: ReturnType<typeof createServer>;
const visitors: string[] = [];

beforeAll(async () => {
  local = await recorder(undefined, '0.0.0.0');
  abstract = createServer(() => visitors.push('abstract')).listen('\0nanoclaw-attacked');
  await once(abstract, 'listening');
  siege = await Siege.open({ neighbour: false });
  siege.house.group('open', open, { requiresTrigger: false });
  siege.house.withStore((store) => {
    const group = store.groups.get('open');
    if (group) store.groups.save({ ...group, egress: 'allowlist', allow: [`127.0.0.1:${local.port}`] }, 0);
  });
});
afterAll(async () => {
  await siege[Symbol.asyncDispose]();
  await local[Symbol.asyncDispose]();
  abstract.close();
});

const run = (jid: string, command: string) => siege.use('Bash', { command }, jid);
const addresses = () => Object.values(networkInterfaces()).flatMap((all) => (all ?? []).map(({ address }) => address));

/** What became of a TCP connection from inside, each by itself, without and with the relay in between. */
async function connect(jid: string, targets: readonly (readonly [string, number])[]): Promise<string[]> {
  const body = `
    const net = require('node:net');
    const one = ([host, port]) => new Promise((resolve) => {
      const socket = net.connect(typeof port === 'number' ? { host, port } : { path: host });
      socket.setTimeout(1500, () => { resolve('silence'); socket.destroy(); });
      socket.on('connect', () => { resolve('CONNECTED'); socket.destroy(); });
      socket.on('error', (error) => resolve(error.code));
    });
    Promise.all(${JSON.stringify(targets)}.map(one)).then((all) => console.log(JSON.stringify(all)));`;
  return z.array(z.string()).parse(JSON.parse(await run(jid, node(body))));
}

/** Statuses the gateway answers, for CONNECT and for a plain request. */
async function through(jid: string, targets: readonly string[]): Promise<number[]> {
  const body = `
    const http = require('node:http');
    const ask = (options) => new Promise((resolve) => {
      const request = http.request({ host: '127.0.0.1', port: 3128, ...options }, (answer) => { answer.resume(); resolve(answer.statusCode); });
      request.on('connect', (answer, socket) => { socket.destroy(); resolve(answer.statusCode); });
      request.on('error', () => resolve(0));
      request.end();
    });
    (async () => {
      const all = [];
      for (const target of ${JSON.stringify(targets)}) {
        all.push(await ask({ method: 'CONNECT', path: target }), await ask({ path: 'http://' + target + '/' }));
      }
      console.log(JSON.stringify(all));
    })();`;
  return z.array(z.number()).parse(JSON.parse(await run(jid, node(body))));
}

const nowhere = () => [
  ...['127.0.0.1', 'localhost', '169.254.169.254', '100.100.100.200', '172.17.0.1', '192.168.0.1', '10.0.0.1', '::1'],
  ...['0.0.0.0', '[::ffff:127.0.0.1]', '2130706433', '0x7f.1', 'metadata.google.internal', ...addresses()],
];
const inUrl = (host: string) => (host.includes(':') && !host.startsWith('[') ? `[${host}]` : host);

describe.each([
  ['an ordinary group', evil],
  ['main', main],
])('%s', (_who, jid) => {
  test('reaches no address without the gateway, and has no device but the loopback', async () => {
    const hosts = [...nowhere().map((host) => host.replace(/[[\]]/g, '')), '1.1.1.1', 'example.com'];
    const seen = await connect(jid, [
      ...hosts.map((host) => [host, local.port] as const),
      ['169.254.169.254', 80],
      ['1.1.1.1', 443],
    ]);
    expect(seen).not.toContain('CONNECTED');
    expect(await run(jid, 'tail -n +3 /proc/net/dev | cut -d: -f1 | tr -d " "')).toBe('lo');
    const body = `require('node:net').connect('\\0nanoclaw-attacked').on('connect', () => console.log('in')).on('error', (error) => console.log(error.code));`;
    expect(await run(jid, node(body))).toMatch(/ECONNREFUSED|ENOENT/);
    expect(visitors).toEqual([]);
    expect(local.requests).toEqual([]);
  });

  test('is refused private, loopback, link-local and metadata addresses by the gateway', async () => {
    const targets = nowhere().flatMap((host) => [`${inUrl(host)}:80`, `${inUrl(host)}:${local.port}`]);
    const statuses = await through(jid, targets);
    // A name nobody knows is no answer either.
    expect(statuses.filter((status) => ![403, 400, 502].includes(status))).toEqual([]);
    expect(statuses.filter((status) => status === 403).length).toBeGreaterThan(30);
    expect(local.requests).toEqual([]);
  });

  test('reaches the model, and nothing else of its server', async () => {
    const asked = 'curl -s -o /dev/null -w "%{http_code} " http://127.0.0.1:3128';
    expect(
      await run(jid, `${asked}/v1/models; ${asked}/v1/organizations/x; ${asked}/; ${asked}/v1/messages/batches`),
    ).toBe('200 404 404 404');
  });
});

test('a group that may ask its model only is refused every address', async () => {
  expect(await through(evil, ['example.com:443', '1.1.1.1:80', 'api.anthropic.com:443'])).toEqual(Array(6).fill(403));
});

test('a group whose owner allowed an address reaches it, and that one alone', async () => {
  const before = local.requests.length;
  expect(await through(open, [`127.0.0.1:${local.port}`])).toEqual([200, 200]);
  expect(local.requests.length).toBe(before + 1);
  expect(await through(open, [`127.0.0.2:${local.port}`, `localhost:${local.port}`, '127.0.0.1:80'])).toEqual(
    Array(6).fill(403),
  );
});
