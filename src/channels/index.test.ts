import { pino } from 'pino';
import { expect, test } from 'vitest';
import { systemClock } from '../lib/clock.ts';
import { loadChannels, readManifests } from './index.ts';
import { TerminalChannel } from './terminal/channel.ts';

test('every folder has a manifest of its own name', async () => {
  const manifests = await readManifests();
  expect(manifests.map((manifest) => manifest.name)).toContain('terminal');
  expect(new Set(manifests.map((manifest) => manifest.name)).size).toBe(manifests.length);
  for (const { settings, needs } of manifests)
    expect(Object.keys(settings.shape)).toEqual(expect.arrayContaining([...needs]));
});

test('without settings there is the terminal, and whatever else is there is skipped with what it lacks', async () => {
  const parts = {
    setting: () => undefined,
    placeOf: () => 'a test',
    clock: systemClock,
    log: pino({ level: 'silent' }),
    commands: [],
  };
  const { channels, skipped } = await loadChannels(parts);
  expect(channels.all()).toHaveLength(1);
  expect(channels.get('terminal')).toBeInstanceOf(TerminalChannel);
  expect(channels.ownerOf('terminal:main')).toBe(channels.get('terminal'));
  expect(channels.ownerOf('tg:1')).toBeUndefined();
  for (const { missing } of skipped) expect(missing.length).toBeGreaterThan(0);
});
