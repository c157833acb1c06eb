// Crash points inside the sandbox: the runner, the agent's process, the container, the relay.
import { expect, test } from 'vitest';
import { callTool, hang } from '../../src/gateway/rehearsal/reply.ts';
import { eventually } from '../eventually.ts';
import { killInside, killSoon } from '../fixtures/crash/victims.ts';
import { atTerminal, onTelegram, thinking, toldOfEarlier } from './open-scene.ts';

const clean = { faults: [], repeats: [] };

test.each(['runner', 'container'] as const)(
  'runner or container, before it took the input (%s): nothing is spent, a new container gets the same input',
  async (victim) => {
    await using scene = await atTerminal();
    await scene.say('plain');
    await scene.sees('the input to be written', (look) => look.mailbox('input').length > 0);
    await killSoon(scene.home, victim);
    expect(['claimed', 'waiting']).toContain(scene.state());
    await scene.rest();
    expect(scene.verdict()).toMatchObject({ ...clean, answered: 1 });
    expect(toldOfEarlier(scene)).toBe(false);
    await scene.sees('no attempt to be spent', (look) => look.inbox()[0]?.attempts === 0);
  },
);

test.each(['agent', 'runner', 'container'] as const)(
  'runner or container, during the turn (%s): attempt + 1, retried, and told what was sent before',
  async (victim) => {
    await using scene = await onTelegram();
    scene.agent.instead = ({ toolResults }) => (toolResults.length > 0 ? hang() : undefined);
    await scene.say('say');
    await scene.sees('the note to be sent', (look) => look.outbox().some((row) => row.state === 'sent'));
    await scene.until('model');
    expect(await killInside(scene.home, victim)).toBeGreaterThan(0);
    scene.agent.instead = undefined;
    await scene.sees('the attempt to be spent', (look) => look.inbox()[0]?.attempts === 1);
    await scene.rest();
    expect(scene.verdict()).toMatchObject({ ...clean, answered: 1 });
    expect(toldOfEarlier(scene)).toBe(true);
  },
);

test('runner or container, every time: one line says that it could not be answered, and why', async () => {
  await using scene = await onTelegram();
  scene.agent.instead = () => callTool('Bash', { command: 'kill -9 $PPID; sleep 5' });
  await scene.say('plain');
  await scene.rest();
  expect(scene.verdict()).toMatchObject({ ...clean, answered: 0, toldWhyNot: 1 });
  await scene.sees('it to be dead', (look) => look.inbox()[0]?.state === 'dead');
});

test('runner, no sign of life for CONTAINER_TIMEOUT: the host ends it, and it is tried again', async () => {
  await using scene = await onTelegram({ CONTAINER_TIMEOUT: '15000' });
  scene.agent.instead = () => hang();
  await scene.say('plain');
  await scene.sees('the attempt to be spent', (look) => (look.inbox()[0]?.attempts ?? 0) > 0);
  scene.agent.instead = undefined;
  await scene.rest();
  expect(scene.verdict()).toMatchObject({ ...clean, answered: 1 });
});

test('relay in the sandbox, any time: the runner starts it again and the same turn goes on', async () => {
  await using scene = await onTelegram();
  scene.agent.instead = () => hang();
  await scene.say('plain');
  await thinking(scene);
  const asked = scene.agent.rehearsal.count;
  expect(await killInside(scene.home, 'relay')).toBe(1);
  scene.agent.instead = undefined;
  await eventually('the model to be asked again', () => scene.agent.rehearsal.count > asked);
  await scene.rest({ wound: false });
  expect(scene.verdict()).toMatchObject({ ...clean, answered: 1 });
  await scene.sees('no attempt to be spent', (look) => look.inbox()[0]?.attempts === 0);
});
