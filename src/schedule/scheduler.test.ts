import { expect, test } from 'vitest';
import { headOf } from '../../test/fixtures/head-of.ts';
import { ScheduledHouse } from '../../test/fixtures/scheduled-house.ts';
import { openPairing } from '../acts/pair-owner.ts';
import { removeGroup } from '../acts/remove-group.ts';
import { setTaskState } from '../acts/set-task-state.ts';
import { unwireChat } from '../acts/wire-chat.ts';
import { Timetable } from '../lib/next-run.ts';
import { Zone } from '../lib/zone.ts';

const start = Date.parse('2026-11-22T12:00Z');
const minute = 60_000;
const hour = 60 * minute;
const house = () => new ScheduledHouse({ zone: 'Europe/Berlin', now: start });
const everyHour = { type: 'interval', value: String(hour) } as const;

test('it sleeps to the next task, half a minute at most, and wakes for one that is made meanwhile', async () => {
  using home = house();
  expect(home.clock.timers).toEqual([30_000]);
  home.plan({ type: 'once', value: '2026-11-22T13:00:10' });
  await home.settles();
  expect(home.clock.timers).toEqual([10_000]);
  home.clock.set(start + 10_000);
  expect(home.store.inbox.dueGroups(start + 10_000)).toEqual(['main']);
  expect(home.rings).toBe(1);
  expect(home.store.tasks.get('t1')?.state).toBe('done');
  expect(home.clock.timers).toEqual([30_000]);
});

test('what was missed while the host was down is run once, late, and the grid stays', async () => {
  using home = house();
  home.plan(everyHour);
  home.plan({ type: 'cron', value: '0 9 * * *' });
  home.plan({ type: 'once', value: '2026-11-22T14:00' });
  home.close();
  home.clock.set(start + 50.5 * hour);
  home.open();
  expect(home.runs('t1')).toMatchObject([{ dueAt: start + hour, firedAt: start + 50.5 * hour, missed: 49 }]);
  expect(home.runs('t2')).toMatchObject([{ dueAt: Date.parse('2026-11-23T08:00Z'), missed: 1 }]);
  expect(home.runs('t3')).toMatchObject([{ dueAt: Date.parse('2026-11-22T13:00Z'), missed: 0 }]);
  expect(home.store.tasks.get('t1')?.nextRunAt).toBe(start + 51 * hour);
  await home.endRuns();
  home.clock.set(start + 51 * hour);
  expect(home.runs('t1')).toMatchObject([{}, { dueAt: start + 51 * hour, missed: 0 }]);
});

test('a run that takes long holds back the next one, which then comes late and for all that waited', async () => {
  using home = house();
  home.plan(everyHour);
  home.clock.set(start + hour);
  home.clock.set(start + 3.5 * hour);
  expect(home.runs('t1')).toHaveLength(1);
  await home.endRuns();
  expect(home.runs('t1')).toMatchObject([
    { state: 'ok', missed: 0 },
    { dueAt: start + 2 * hour, firedAt: start + 3.5 * hour, missed: 1, state: 'open' },
  ]);
});

test('after a failure nothing comes before the pause is over, and then on the grid again', async () => {
  using home = house();
  home.plan({ type: 'interval', value: String(minute) });
  let now = start;
  const at = async (minutes: number) => {
    for (const end = start + minutes * minute; now < end; ) {
      now += 10_000;
      home.clock.set(now);
      await home.endRuns('failed');
    }
  };
  await at(300);
  const ran = home.runs('t1').map(({ dueAt }) => (dueAt - start) / minute);
  expect(ran).toEqual([1, 2, 4, 8, 16, 32, 64, 128]);
  expect(home.store.tasks.get('t1')).toMatchObject({ state: 'paused', failures: 8 });
  expect(home.heard()).toEqual([expect.stringContaining('failed 8 times in a row: said so')]);
});

test('a schedule that cannot be read, and one whose chat or group is gone, are paused, and main is told once', async () => {
  using home = house();
  const there = { group: 'team', place: { jid: 'tg:-2', thread: undefined } };
  home.store.tasks.save({ ...home.plan(everyHour), schedule: { type: 'cron', value: 'ever so <internal> often' } });
  home.plan(everyHour, there);
  unwireChat(home.store, 'tg:-2');
  home.clock.set(start + hour);
  home.clock.set(start + 2 * hour);
  await home.settles();
  expect(home.store.tasks.get('t1')).toMatchObject({ state: 'paused', pauseReason: expect.stringContaining('fields') });
  expect(home.store.tasks.get('t2')).toMatchObject({ state: 'paused', pauseReason: expect.stringContaining('tg:-2') });
  expect(home.heard()).toEqual([
    expect.stringMatching(/t1 of the group main is paused: .*ever so ‹internal> often/),
    expect.stringMatching(/t2 of the group team is paused: .*does not belong to team any more/),
  ]);
  const task = home.store.tasks.get('t2');
  if (task) expect(() => setTaskState(home.desk, { task, deed: 'resume' })).toThrow('cannot run');
  expect(home.rings).toBe(0);
});

test('a run whose row was stopped or buried without a word is over, and its task goes on', async () => {
  using home = house();
  home.plan(everyHour);
  home.plan(everyHour, { group: 'team', place: { jid: 'tg:-2', thread: undefined } });
  home.clock.set(start + hour);
  home.store.inbox.withdraw('main', home.place);
  removeGroup(home.store, 'team');
  home.clock.set(start + 2 * hour);
  expect(home.runs('t1')).toMatchObject([{ state: 'ok' }, { state: 'open', dueAt: start + 2 * hour }]);
  expect(home.runs('t2')).toMatchObject([{ state: 'failed' }]);
  expect(home.store.tasks.get('t2')?.state).toBe('cancelled');
});

test('a clock that is set back runs nothing again', () => {
  using home = house();
  home.plan({ type: 'cron', value: '* * * * *' });
  home.clock.set(start + minute);
  home.clock.set(start - hour);
  home.close();
  home.open();
  expect(home.runs('t1')).toHaveLength(1);
});

test('once stopped it fires nothing', () => {
  using home = house();
  home.plan(everyHour);
  home.close();
  home.clock.set(start + hour);
  expect(home.clock.timers).toEqual([]);
  home.open();
  expect(home.runs('t1')).toHaveLength(1);
});

test('in another zone than it was made in, nine o’clock is nine o’clock there, and an instant with its offset stays', async () => {
  using home = house();
  home.plan({ type: 'cron', value: '0 9 * * *' });
  home.plan({ type: 'once', value: '2026-11-23T09:00' });
  home.plan({ type: 'once', value: '2026-11-23T09:00+01:00' });
  home.plan(everyHour);
  home.close();
  home.timetable = new Timetable(new Zone('America/New_York'));
  home.open();
  const next = home.store.tasks.all().map(({ nextRunAt }) => new Date(nextRunAt ?? 0).toISOString().slice(0, 16));
  expect(next).toEqual(['2026-11-22T14:00', '2026-11-23T14:00', '2026-11-23T08:00', '2026-11-22T13:00']);
});

test('a clock that was years ahead and is set back: whatever waits for then comes by its own rule from now', async () => {
  using home = house();
  const years = 5 * 365 * 24 * hour;
  home.clock.set(start + years);
  home.plan(everyHour);
  home.plan({ type: 'cron', value: '0 9 * * *' });
  const { store, place } = home;
  const { registry, ahead } = { registry: { store, clock: home.clock }, ahead: home.clock.now() };
  openPairing(registry, 'telegram');
  const key = { group: 'main', place, turnId: undefined, parts: ['x'] };
  store.outbox.add({ ...key, key: 'notice:a' }, ahead);
  store.outbox.again(1, { attempts: 1, at: ahead + 5_000, failingSince: undefined, error: 'x' });
  const question = { group: 'main', place, question: 'well?', options: [], numbered: false, key: 'k' };
  store.questions.add({ ...question, expiresAt: ahead + 2 * hour }, ahead);
  home.clock.set(start);
  home.desk.taskBell.ring();
  await home.settles();
  const next = store.tasks.all().map(({ nextRunAt }) => (nextRunAt ?? 0) - start);
  expect(next).toEqual([hour, 20 * hour]);
  expect(headOf(store, place.jid)?.nextAttemptAt).toBe(0);
  expect(store.pairings.get('telegram')?.expiresAt).toBe(start + 10 * minute);
  expect(store.questions.get(1)?.expiresAt).toBe(start + 2 * hour);
  home.clock.set(start + hour);
  expect(home.runs('t1')).toHaveLength(1);
});

test('an occurrence that ran before the clock was set back is not run again, and the next one is', async () => {
  using home = house();
  home.plan(everyHour);
  home.clock.set(start + hour);
  await home.endRuns();
  home.clock.set(start + 10 * minute);
  home.desk.taskBell.ring();
  await home.settles();
  home.clock.set(start + hour);
  home.clock.set(start + 2 * hour);
  expect(home.runs('t1').map(({ dueAt }) => dueAt - start)).toEqual([hour, 2 * hour]);
});

test('many tasks that missed a lot are fired a few at a time, and nobody counts beyond a hundred', () => {
  using home = house();
  for (let n = 0; n < 50; n += 1) home.plan({ type: 'interval', value: String(minute) }, { prompt: `p${n}` });
  home.plan({ type: 'cron', value: '* * * * *' });
  home.close();
  home.clock.set(start + 3000 * hour);
  home.open();
  expect(home.store.tasks.due(home.clock.now(), 1000).length).toBe(31);
  expect(home.runs('t1')).toMatchObject([{ missed: 100 }]);
  expect(home.clock.timers).toContain(0);
});
