// Crash points around the host: the model, the terminal, a second host. The disk has its own in test/flow/.
import { expect, test } from 'vitest';
import { fail } from '../../src/gateway/rehearsal/reply.ts';
import { atTerminal, gate, onTelegram } from './open-scene.ts';

const clean = { faults: [], repeats: [] };
const notices = (heard: readonly { text: string }[]) => heard.filter(({ text }) => text.startsWith('⏸')).length;

test.each([401, 403])(
  'model, 401, 403 (%i): one line with the cure; the next start answers, however the host ended',
  async (status) => {
    await using scene = await onTelegram();
    scene.agent.instead = () => fail(status);
    await scene.say('plain');
    await scene.sees('the row to wait', (look) => look.inbox()[0]?.cause === 'credential');
    await scene.sees('the line to be sent', (look) => look.outbox().length === 1 && look.outbox()[0]?.state === 'sent');
    await scene.killHost();
    scene.agent.instead = undefined;
    await scene.startAgain();
    await scene.rest({ wound: false });
    expect(scene.verdict()).toMatchObject({ ...clean, answered: 1 });
    expect(notices(scene.platform.heard())).toBe(1);
  },
);

test.each([429, 529])(
  'model, 429, 5xx, no answer, a cut stream (after the SDK’s own two retries) (%i): one line; tried again also by the next host',
  async (status) => {
    await using scene = await onTelegram();
    scene.agent.instead = () => fail(status);
    await scene.say('plain');
    await scene.sees('the row to wait', (look) => look.inbox()[0]?.cause === 'overloaded');
    await scene.sees('the line to be sent', (look) => look.outbox()[0]?.state === 'sent');
    await scene.killHost();
    await scene.startAgain();
    await scene.sees('another try', (look) => (look.inbox()[0]?.cause_tries ?? 0) > 1);
    scene.agent.instead = undefined;
    await scene.rest();
    expect(scene.verdict()).toMatchObject({ ...clean, answered: 1 });
    expect(notices(scene.platform.heard())).toBe(1);
  },
);

test('disk, full: the row waits through a death of the host, and is answered when there is room', async () => {
  await using scene = await onTelegram({ DISK_MIN_FREE: '9000000g' });
  await scene.say('plain');
  await scene.sees('the row to wait', (look) => look.inbox()[0]?.cause === 'disk');
  await scene.sees('the line to be sent', (look) => look.outbox()[0]?.state === 'sent');
  await scene.killHost();
  await scene.startAgain({ DISK_MIN_FREE: '1m' });
  await scene.rest();
  expect(scene.verdict()).toMatchObject({ ...clean, answered: 1 });
  expect(notices(scene.platform.heard())).toBe(1);
});

test('terminal, goes away: the answer on the next visit, though the host died in between', async () => {
  await using scene = await atTerminal();
  const model = gate(scene);
  await scene.say('parts');
  await scene.until('model');
  await scene.platform.hold('due');
  model.open();
  await scene.sees('the answer to be stored', (look) => look.outbox().length === 3);
  expect(await scene.killHost()).toBe('due');
  await scene.startAgain();
  await scene.rest({ wound: false });
  expect(scene.platform.heard()).toHaveLength(3);
  expect(scene.verdict()).toMatchObject({ ...clean, answered: 1 });
});

test('terminal, does not read while the host dies: what has not left counts as not said, and is said on the next visit', async () => {
  await using scene = await atTerminal();
  await scene.platform.fallAsleep(scene.home);
  await scene.say('parts');
  await scene.sees('the answer to be stored', (look) => look.outbox().length === 3);
  await scene.sees('a part to be on its way', (look) => look.outbox()[0]?.state !== 'due');
  // It answers others meanwhile, so what it can do about that part it has done.
  for (let times = 0; times < 20; times++) await scene.home.ready();
  expect(await scene.killHost()).toBe('sending');
  await scene.startAgain();
  await scene.rest({ wound: false });
  expect(scene.platform.heard()).toHaveLength(3);
  expect(scene.verdict()).toMatchObject({ ...clean, answered: 1 });
});

test('second host on one home, at its start: it says who holds the home, and ends; when the first one dies the home is free', async () => {
  await using scene = await onTelegram();
  const { code, words } = await scene.home.rival();
  expect({ code, words }).toEqual({
    code: 1,
    words: expect.stringMatching(/host (is already running here|already runs)/),
  });
  await scene.killHost();
  await scene.startAgain();
  await scene.say('plain');
  await scene.rest();
  expect(scene.verdict()).toMatchObject({ ...clean, answered: 1 });
});
