import { inject } from 'vitest';
import type { Reply } from '../../src/gateway/rehearsal/reply.ts';
import { eventually } from '../eventually.ts';
import { Chance } from '../fixtures/crash/chance.ts';
import { Scene } from '../fixtures/crash/scene.ts';
import { TelegramPlatform } from '../fixtures/crash/telegram-platform.ts';
import { TerminalPlatform } from '../fixtures/crash/terminal-platform.ts';

export async function onTelegram(settings: Readonly<Record<string, string>> = {}): Promise<Scene<TelegramPlatform>> {
  const platform = await TelegramPlatform.open();
  return Scene.open({ checkout: inject('snapshot'), platform, chance: new Chance(1), settings });
}

export async function atTerminal(settings: Readonly<Record<string, string>> = {}): Promise<Scene<TerminalPlatform>> {
  return Scene.open({
    checkout: inject('snapshot'),
    platform: new TerminalPlatform({ partLength: 600_000 }),
    chance: new Chance(1),
    settings,
  });
}

/** The model thinks until the gate is opened. */
export function gate(scene: Scene): { open(): void } {
  let open: () => void = () => undefined;
  const opened = new Promise<undefined>((resolve) => {
    open = () => resolve(undefined);
  });
  scene.agent.instead = (): Promise<Reply | undefined> => opened;
  return { open };
}

/**
 * Resolves when the model has been asked and the host has stored that the agent has the message: until there is an answer
 * the host has nothing to write, and nobody of the sandbox is still on the way up.
 */
export async function thinking(scene: Scene): Promise<void> {
  await scene.until('model');
  await scene.sees('it to be stored that the agent has it', (look) => look.inbox().some((row) => row.taken === 1));
  await eventually('the model to be asked', () => scene.agent.phase === 'asked');
}

/** How often the model was asked. */
export function timesAsked(scene: Scene): number {
  return scene.agent.rehearsal.count;
}

/** Somebody was told that an earlier attempt had begun. */
export function toldOfEarlier(scene: Scene): boolean {
  const last = scene.agent.rehearsal.requests.at(-1);
  return last?.context.texts.some((text) => text.includes('<earlier_attempt note=')) ?? false;
}
