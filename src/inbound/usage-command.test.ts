import { expect, test } from 'vitest';
import { InboundDesk } from '../../test/fixtures/receiver.ts';
import { setGroup } from '../acts/set-group.ts';
import { localDay } from '../lib/local-day.ts';

const figures = { inputTokens: 1_500, outputTokens: 20, cacheReadTokens: 1_000_000, cacheWriteTokens: 0, costUsd: 0.5 };

test('/usage tells main of every group, and another group of itself alone', () => {
  using desk = new InboundDesk();
  desk.store.owners.add({ channel: 'telegram', senderId: 'ann', name: 'Ann' }, 1);
  desk.say('/usage');
  const day = localDay(desk.clock.now(), 'Europe/Berlin');
  const yesterday = localDay(desk.clock.now() - 86_400_000, 'Europe/Berlin');
  desk.store.usage.add({ day: yesterday, group: 'main' }, { ...figures, costUsd: 7 });
  desk.store.usage.add({ day, group: 'team' }, figures);
  setGroup(desk.store, { folder: 'team', now: 1, budget: 2 });
  desk.say('/usage');
  desk.say('/usage', { jid: 'tg:-2' });
  expect(desk.heard().map((text) => text.split('\n').slice(0, -1))).toEqual([
    ['Today: nothing', 'The last 7 days: nothing'],
    [
      'Today: about $0.50 (1.0M tokens in, 20 out)',
      'The last 7 days: about $7.50 (2.0M tokens in, 40 out)',
      '• main: about $7.00 (1.0M tokens in, 20 out)',
      '• team: about $0.50 (1.0M tokens in, 20 out)',
      'Budget of team: $1.50 of $2.00 left today',
    ],
  ]);
  expect(desk.heard('tg:-2')).toEqual([
    [
      'Today: about $0.50 (1.0M tokens in, 20 out)',
      'The last 7 days: about $0.50 (1.0M tokens in, 20 out)',
      'Budget of team: $1.50 of $2.00 left today',
      'Dollars are an estimate from list prices.',
    ].join('\n'),
  ]);
});
