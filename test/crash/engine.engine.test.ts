// Crash points of hosts whose containers outlive them, and of the engine itself.
import { existsSync, mkdirSync, readdirSync, rmdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { beforeAll, expect, test } from 'vitest';
import { connectAdmin } from '../../src/admin/client.ts';
import { callTool, hang } from '../../src/gateway/rehearsal/reply.ts';
import { eventually } from '../eventually.ts';
import { lockWrites } from '../fixtures/crash/home-look.ts';
import type { Scene } from '../fixtures/crash/scene.ts';
import { killInside } from '../fixtures/crash/victims.ts';
import { containersOf, freshImage } from '../fixtures/engine.ts';
import { gate, onTelegram, thinking, timesAsked } from './open-scene.ts';

const clean = { faults: [], repeats: [] };
const docker = { CONTAINER_RUNTIME: 'docker' };
const containers = (scene: Scene) => containersOf(scene.home.install ?? '');

beforeAll(freshImage);

/** The host answers before it has found its containers; whoever asks the model meanwhile finds no way out. */
async function takenOver(scene: Scene): Promise<void> {
  await eventually('the container to work under the new host', async () => {
    const client = await connectAdmin(scene.home.socketPath);
    try {
      return (await client.call('status', {})).containers[0]?.state === 'busy';
    } finally {
      client.close();
    }
  });
}

test('host, during the turn, its container an engine’s: it is taken over, and its turn goes on', async () => {
  await using scene = await onTelegram(docker);
  scene.agent.instead = ({ toolCalls }) =>
    toolCalls.length > 0
      ? undefined
      : callTool('Bash', { command: 'touch began; until [ -e go ]; do sleep 0.1; done' });
  const folder = join(scene.home.home, 'groups', 'main');
  await scene.say('plain');
  // Not before the agent has all of what its model said: that came through the host.
  await eventually('the command to run', () => existsSync(join(folder, 'began')));
  const before = await containers(scene);
  expect(await scene.killHost()).toBe('tool');
  const asked = timesAsked(scene);
  await scene.startAgain();
  await takenOver(scene);
  writeFileSync(join(folder, 'go'), '');
  await scene.rest();
  expect(scene.verdict()).toMatchObject({ ...clean, answered: 1 });
  expect(await containers(scene)).toEqual(before);
  expect(timesAsked(scene)).toBe(asked + 1);
});

test('host, the same, and the agent needs the model while no host is there: the turn has failed and is run again', async () => {
  await using scene = await onTelegram(docker);
  scene.agent.instead = () => hang();
  await scene.say('plain');
  await scene.until('model');
  await scene.killHost();
  const results = join(scene.home.home, 'data', 'ipc', 'main', 'results');
  await eventually('the agent to give up', () => readdirSync(results).length > 0, 120_000);
  scene.agent.instead = undefined;
  await scene.startAgain();
  await scene.rest();
  expect(scene.verdict()).toMatchObject({ faults: [], repeats: [], answered: 1 });
});

test('host and container, during the turn: run again in a new one', async () => {
  await using scene = await onTelegram(docker);
  scene.agent.instead = () => hang();
  await scene.say('plain');
  await scene.until('model');
  await killInside(scene.home, 'container');
  await scene.killHost();
  scene.agent.instead = undefined;
  await scene.startAgain();
  await scene.rest();
  expect(scene.verdict()).toMatchObject({ ...clean, answered: 1 });
});

test('host, a request done, reply not written: the next host writes the reply again, and the agent goes on', async () => {
  await using scene = await onTelegram(docker);
  const model = gate(scene);
  await scene.say('say');
  await thinking(scene);
  const lock = lockWrites(scene.home.home);
  model.open();
  let request = '';
  await scene.sees('the request', (look) => {
    request = look.mailbox('messages')[0] ?? '';
    return request !== '';
  });
  const obstacle = join(scene.home.home, 'data', 'ipc', 'main', 'replies', request);
  mkdirSync(obstacle);
  lock[Symbol.dispose]();
  // What it said must have arrived for certain, or a repeat would be no fault.
  await scene.sees('the deed', (look) => look.outbox().length === 1 && look.outbox()[0]?.state === 'sent');
  await scene.killHost();
  const before = await containers(scene);
  rmdirSync(obstacle);
  scene.agent.instead = undefined;
  await scene.startAgain();
  await scene.rest();
  expect(scene.verdict()).toMatchObject({ ...clean, answered: 1 });
  expect(scene.platform.heard().map(({ text }) => text)).toEqual(['note n0001', 'final n0001']);
  expect(await containers(scene)).toEqual(before);
});

/** `docker` of this home is the real one, as long as its daemon can be reached: the rest of this machine keeps its own. */
async function breakableEngine(scene: Scene): Promise<{ stop(): void; start(): void }> {
  const { stdout: real } = await execa('which', ['docker']);
  const down = join(scene.home.bin, 'down');
  const words = 'Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?';
  const script = `#!/bin/sh\nif [ -e '${down}' ]; then echo '${words}' >&2; exit 1; fi\nexec '${real}' "$@"\n`;
  writeFileSync(join(scene.home.bin, 'docker'), script, { mode: 0o755 });
  return { stop: () => writeFileSync(down, ''), start: () => rmSync(down) };
}

test('engine, stops: one line, the rows wait, and are answered when it is back, though the host died meanwhile', async () => {
  await using scene = await onTelegram(docker);
  const engine = await breakableEngine(scene);
  engine.stop();
  await scene.say('plain');
  await scene.sees('the row to wait', (look) => look.inbox()[0]?.cause === 'sandbox');
  await scene.sees('the line to be sent', (look) => look.outbox()[0]?.state === 'sent');
  await scene.killHost();
  await scene.startAgain();
  engine.start();
  await scene.rest();
  expect(scene.verdict()).toMatchObject({ ...clean, answered: 1 });
  expect(scene.platform.heard().filter(({ text }) => text.startsWith('⏸'))).toHaveLength(1);
});

test('engine, does not answer when the host starts: no turn begins, and all is answered when it does', async () => {
  await using scene = await onTelegram(docker);
  const engine = await breakableEngine(scene);
  await scene.say('plain');
  await scene.rest();
  await scene.killHost();
  engine.stop();
  await scene.startAgain();
  await scene.say('plain');
  await scene.sees('the row to wait', (look) => look.inbox()[1]?.cause === 'sandbox');
  engine.start();
  await scene.rest();
  expect(scene.verdict()).toMatchObject({ ...clean, answered: 2 });
  expect(scene.platform.heard().filter(({ text }) => text.startsWith('⏸'))).toHaveLength(1);
});
