// More than anybody can read: the host takes what it takes in small bites, and other groups do not wait.

import { execFileSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { eventually } from '../eventually.ts';
import { Siege } from './siege.ts';

const left = (siege: Siege, places: readonly string[]) =>
  places.flatMap((place) => readdirSync(join(siege.mailbox, place)));

/** Node inside the sandbox; `put(place, name, text)` writes a file into the mailbox, whole. */
function script(body: string): string {
  const put = "const put = (p, n, t) => fs.writeFileSync('/workspace/ipc/' + p + '/' + n, t);";
  return `cat > /tmp/flood.js <<'END'\nconst fs = require('node:fs'); ${put}\n${body}\nEND\nnode /tmp/flood.js`;
}

/** The host works it off while people go on talking. */
async function workedOff(siege: Siege, places: readonly string[]): Promise<void> {
  for (let looks = 0; left(siege, places).length > 0; looks++) {
    expect(looks, 'looks').toBeLessThan(500);
    siege.look();
    await siege.askNeighbour();
  }
}

test('ten thousand files of nonsense: a hundred are kept, and nobody else waits', async () => {
  await using siege = await Siege.open();
  await siege.run(
    script("for (const p of ['results', 'messages']) for (let i = 0; i < 5000; i++) put(p, i + '.json', 'no')"),
  );
  await workedOff(siege, ['results', 'messages']);
  // The oldest goes before the next one comes: for a moment there are 99.
  await expect.poll(() => readdirSync(join(siege.house.home, 'data', 'ipc', 'errors'))).toHaveLength(100);
  expect(await siege.use('mcp__nanoclaw__send_message', { text: 'well again' })).toContain('Stored for delivery');
});

test('three hundred files of the largest size that is taken: nobody else waits', async () => {
  await using siege = await Siege.open();
  const nonsense = "' '.repeat(4 * 1024 * 1024)";
  await siege.runBesides(script(`for (let i = 0; i < 300; i++) put('results', i + '.json', ${nonsense})`));
  await workedOff(siege, ['results']);
});

test('ten thousand requests: each is done once, and nobody else waits', async () => {
  await using siege = await Siege.open();
  const request = "JSON.stringify({ type: 'message', chatJid: 'tg:1', text: 'x' })";
  await siege.runBesides(script(`for (let i = 0; i < 10000; i++) put('messages', i + '.json', ${request})`));
  await workedOff(siege, ['messages']);
  expect(siege.house.heard('tg:1')).toEqual([]);
});

test('requests nobody takes the reply of: nobody else waits, however often the host looks', async () => {
  await using siege = await Siege.open();
  const request = "{ type: 'message', id, chatJid: 'tg:1', text: 'x' }";
  const body = `for (let i = 0; i < 2000; i++) { const id = crypto.randomUUID(); put('messages', id + '.json', JSON.stringify(${request})) }`;
  await siege.runBesides(script(body));
  for (let looks = 0; looks < 10; looks++) {
    siege.look();
    await siege.askNeighbour();
  }
});

test('names that are no files of ours: the next container is served again', async () => {
  await using siege = await Siege.open();
  const all = "['results', 'messages', 'tasks', 'acks']";
  await siege.runBesides(script(`for (const p of ${all}) for (let i = 0; i < 5000; i++) put(p, String(i), '')`));
  siege.look();
  await siege.askNeighbour();
  await endContainer(siege);
  expect(await siege.use('mcp__nanoclaw__send_message', { text: 'free again' })).toContain('Stored for delivery');
});

test('what is left when a container ends is worked off without anybody waiting', async () => {
  await using siege = await Siege.open();
  const request = "JSON.stringify({ type: 'message', chatJid: 'tg:1', text: 'x' })";
  const loop = `fs.mkdirSync('/workspace/ipc/more'); for (let i = 0; i < 10000; i++) put('more', i + '.json', ${request});`;
  await siege.hold(
    script(
      `${loop} fs.rmdirSync('/workspace/ipc/tasks'); fs.renameSync('/workspace/ipc/more', '/workspace/ipc/tasks')`,
    ),
  );
  await siege.talkUntil(endContainer(siege));
  await eventually('the rest to be worked off', () => left(siege, ['tasks']).length === 0);
});

test('directories nested deeper than any path is long: the next container is served', async () => {
  await using siege = await Siege.open();
  using _rubbish = { [Symbol.dispose]: () => execFileSync('rm', ['-rf', join(siege.mailbox, 'acks')]) };
  await siege.run(
    '(cd /workspace/ipc/acks; for i in $(seq 1000); do mkdir dddddddd; cd dddddddd; done) 2>/dev/null; true',
  );
  await endContainer(siege);
  expect(await siege.runBesides('ls /workspace/ipc/acks | grep -c dddddddd; true')).toBe('0');
});

/** The run of `evil` dies, as by the out-of-memory killer. */
async function endContainer(siege: Siege): Promise<void> {
  const run = siege.house.sandbox.runs.findLast(({ spec }) => spec.group === 'evil');
  await run?.run.kill();
}
