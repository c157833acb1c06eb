// Crash points of an answer that is shown while it is written: one message of a Telegram group, edited until it is the answer.
import { expect, test } from 'vitest';
import { say } from '../../src/gateway/rehearsal/reply.ts';
import { eventually } from '../eventually.ts';
import type { Scene } from '../fixtures/crash/scene.ts';
import { nonceIn } from '../fixtures/crash/scripted-agent.ts';
import type { TelegramPlatform } from '../fixtures/crash/telegram-platform.ts';
import { killInside } from '../fixtures/crash/victims.ts';
import { onTelegram } from './open-scene.ts';

const clean = { faults: [], repeats: [] };

/** The model writes so slowly that nobody comes too late for the middle of its answer. */
function writeSlowly(scene: Scene): void {
  scene.agent.instead = ({ person }) => {
    const nonce = nonceIn(person.map(({ text }) => text).join(' '));
    return say(`begun ${nonce} ${'and so on '.repeat(20)}final ${nonce}`, { chunk: 40, gapMs: 1_500 });
  };
}

/** Somebody asks in the group; resolves when the platform's id of the growing answer is stored. */
async function shown(scene: Scene<TelegramPlatform>): Promise<void> {
  writeSlowly(scene);
  await scene.say('stream', scene.platform.chats[1]);
  await scene.sees('the answer to grow', (look) =>
    look.outbox().some((row) => row.state === 'streaming' && row.platform_id !== null),
  );
}

test('host, while an answer is being written: the next attempt goes on in the same message', async () => {
  await using scene = await onTelegram();
  await shown(scene);
  expect(await scene.killHost()).toBe('streaming');
  scene.agent.instead = undefined;
  await scene.startAgain();
  await scene.rest();
  expect(scene.verdict()).toMatchObject({ ...clean, answered: 1 });
  expect(scene.platform.heard()).toHaveLength(1);
});

test('host, between the platform’s acceptance of the first characters and our mark: that beginning stays, the answer is another message', async () => {
  await using scene = await onTelegram();
  const release = await scene.platform.hold('sending', 0);
  writeSlowly(scene);
  await scene.say('stream', scene.platform.chats[1]);
  await eventually('the platform to have its beginning', () => scene.platform.heard().length === 1);
  expect(await scene.killHost()).toBe('streaming');
  scene.agent.instead = undefined;
  await release?.();
  await scene.startAgain();
  await scene.rest();
  expect(scene.verdict()).toMatchObject({ faults: [], repeats: [expect.stringContaining('left behind')], answered: 1 });
});

test('runner or container, while an answer is being written: the next attempt goes on in the same message', async () => {
  await using scene = await onTelegram();
  await shown(scene);
  expect(await killInside(scene.home, 'container')).toBeGreaterThan(0);
  scene.agent.instead = undefined;
  await scene.sees('the attempt to be spent', (look) => look.inbox()[0]?.attempts === 1);
  await scene.rest();
  expect(scene.verdict()).toMatchObject({ ...clean, answered: 1 });
  expect(scene.platform.heard()).toHaveLength(1);
});

test('a person, deletes the message that is being written: the answer comes as a new message', async () => {
  await using scene = await onTelegram();
  await shown(scene);
  scene.platform.removeNewest();
  await scene.rest();
  expect(scene.verdict()).toMatchObject({ ...clean, answered: 1 });
});
