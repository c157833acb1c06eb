// A year of 200 tasks in six zones, with restarts and hours without a host: what the scheduler ran is what a walker of
// minutes says should have run. YEAR_SEED=… has the same year again.
import { randomInt } from 'node:crypto';
import { expect, test } from 'vitest';
import { Chance } from '../../test/fixtures/crash/chance.ts';
import { walk } from '../../test/fixtures/minute-walker.ts';
import { ScheduledHouse } from '../../test/fixtures/scheduled-house.ts';
import { setTaskState } from '../acts/set-task-state.ts';
import { mostMissed, type Schedule } from '../model/task.ts';

const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;

/** `changes`: months in which the clock does. */
const zones = [
  { zone: 'UTC', year: 2026, tasks: 30, changes: [] },
  { zone: 'Europe/Berlin', year: 2026, tasks: 35, changes: [3, 10] },
  { zone: 'America/New_York', year: 2026, tasks: 35, changes: [3, 11] },
  { zone: 'Australia/Lord_Howe', year: 2026, tasks: 35, changes: [4, 10] },
  { zone: 'Asia/Kathmandu', year: 2026, tasks: 30, changes: [] },
  // Its December has no 30th.
  { zone: 'Pacific/Apia', year: 2011, tasks: 35, changes: [4, 9, 12] },
];

interface Planned {
  readonly schedule: Schedule;
  /** Every time it should come, were the host always up. */
  readonly times: readonly number[];
}

/** When the host is down: from just after the first instant up to the second. */
interface Downtime {
  readonly from: number;
  readonly to: number;
}

const seed = Number(process.env['YEAR_SEED'] ?? randomInt(1_000_000));

test.each(zones)('a year in $zone: every occurrence ran once, at its time', async ({ zone, year, tasks, changes }) => {
  console.log(`YEAR_SEED=${seed} (${zone})`);
  const chance = new Chance(seed).child(zone);
  // Not on a minute, so that what begins the year is not itself due.
  const [begin, end] = [Date.UTC(year, 0, 1) + 17_123, Date.UTC(year + 1, 0, 1, 12) + 17_123];
  const planned = planTasks({ zone, tasks, changes, begin, end, chance });
  const downtimes = planDowntimes({ begin, end, chance });
  using house = new ScheduledHouse({ zone, now: begin });
  const ids = planned.map(({ schedule }) => house.plan(schedule).id);
  const pauses = planPauses({ begin, end, chance, downtimes, ids });
  await live(house, { end, planned, downtimes, pauses, chance });
  const ran = ids.map((id) => house.runs(id).map(({ dueAt, firedAt, missed }) => ({ dueAt, firedAt, missed })));
  for (const [n, { schedule, times }] of planned.entries()) {
    const expected = runsOf(times, { downtimes, pause: pauses.get(ids[n] ?? '') });
    expect({ seed, zone, schedule, runs: ran[n] }).toEqual({ seed, zone, schedule, runs: expected });
  }
  expect(house.logged.filter((line) => /"level":[456]0/.test(line))).toEqual([]);
});

function planTasks(year: {
  zone: string;
  tasks: number;
  changes: readonly number[];
  begin: number;
  end: number;
  chance: Chance;
}): Planned[] {
  const { begin, end, chance, changes } = year;
  const cron = (value: string) => ({ type: 'cron' as const, value, expression: value });
  // Whatever chance brings, every gap and every fold is met by both kinds of schedules.
  const always = changes.flatMap((month) => [cron(`*/30 1-3 * ${month} *`), cron(`30 * * ${month} 0,5,6`)]);
  const others = Array.from({ length: year.tasks - always.length }, planOne);
  const schedules = [...others, ...always];
  const expressions = schedules.map(({ expression }) => expression ?? '0 0 31 2 *');
  const range = { from: Math.ceil(begin / minute) * minute, to: Math.floor(end / minute) * minute };
  const walked = walk(year.zone, expressions, range);
  return schedules.map(({ type, value, expression }, n) => {
    const schedule = { type, value };
    if (expression === undefined) {
      const ms = Number(value);
      const count = Math.floor((end - begin) / ms);
      return { schedule, times: Array.from({ length: count }, (_, k) => begin + (k + 1) * ms) };
    }
    const times = walked.filter((one) => one.expression === n).map(({ instant }) => instant);
    // Of an hour that comes every year the walker may see two: a task for once comes with the first.
    return { schedule, times: type === 'once' ? times.slice(0, 1) : times };
  });

  function planOne(): Schedule & { expression: string | undefined } {
    const [at, hours] = [chance.between(0, 59), chance.between(0, 23)];
    // Where clocks change.
    const early = chance.happens(0.6) ? chance.between(0, 3) : hours;
    const [date, month, weekday] = [chance.between(2, 28), chance.between(1, 12), chance.between(0, 6)];
    const kind = chance.oneOf({
      daily: 2,
      weekly: 8,
      monthly: 8,
      elapsing: 2,
      busy: 1,
      steps: 0.3,
      interval: 5,
      once: 8,
    });
    switch (kind) {
      case 'daily':
        return cron(`${at} ${early} * * *`);
      case 'weekly':
        return cron(`${at},${(at + 13) % 60} ${early} * * ${chance.happens(0.5) ? 0 : weekday}`);
      case 'monthly':
        return cron(`${at} ${early} ${date},${date + 2},31 * *`);
      case 'elapsing':
        return cron(`*/${chance.between(15, 40)} * ${date} ${changeOr(month)} 0`);
      case 'busy':
        return cron(`* ${early} ${Math.max(date, 3)},1,2 ${changeOr(month)} 0`);
      case 'steps':
        return cron(`${at} */${chance.between(4, 9)} * * *`);
      case 'interval': {
        const ms = chance.between(20 * hour, 9 * day);
        return { type: 'interval', value: String(ms), expression: undefined };
      }
      case 'once': {
        const month2 = changeOr(month);
        const two = (n: number) => String(n).padStart(2, '0');
        const value = `${new Date(begin).getUTCFullYear()}-${two(month2)}-${two(date)}T${two(early)}:${two(at)}`;
        return { type: 'once', value, expression: `${at} ${early} ${date} ${month2} *` };
      }
    }
  }

  function changeOr(month: number): number {
    const change = chance.happens(0.7) ? changes[chance.between(0, changes.length - 1)] : undefined;
    return change ?? month;
  }
}

function planDowntimes({ begin, end, chance }: { begin: number; end: number; chance: Chance }): Downtime[] {
  const parts = 9;
  const length = Math.floor((end - begin) / parts);
  return Array.from({ length: parts }, (_, n) => {
    const from = begin + n * length + chance.between(2 * day, length - 5 * day);
    return { from, to: from + chance.between(10 * minute, 4 * day) };
  });
}

/** A few tasks rest for a while; they are paused and resumed while the host is up. */
function planPauses(year: {
  begin: number;
  end: number;
  chance: Chance;
  downtimes: readonly Downtime[];
  ids: readonly string[];
}): Map<string, Downtime> {
  const { begin, end, chance, downtimes, ids } = year;
  const up = () => {
    for (;;) {
      const at = chance.between(begin + day, end - day);
      if (!downtimes.some(({ from, to }) => at >= from && at <= to)) return at;
    }
  };
  const pauses = ids.slice(0, 6).map((id) => {
    const [from = 0, to = 0] = [up(), up()].sort((a, b) => a - b);
    return [id, { from, to }] as const;
  });
  return new Map(pauses);
}

/** Stops at every instant at which something should happen, and at others; sleeps through the downtimes. */
async function live(
  house: ScheduledHouse,
  year: {
    end: number;
    planned: readonly Planned[];
    downtimes: readonly Downtime[];
    pauses: ReadonlyMap<string, Downtime>;
    chance: Chance;
  },
): Promise<void> {
  const { end, planned, downtimes, pauses, chance } = year;
  const begin = house.clock.now();
  const deeds = new Map<number, () => void>();
  for (const { from, to } of downtimes) deeds.set(from, () => house.close()).set(to, () => house.open());
  for (const [id, { from, to }] of pauses) {
    deeds.set(from, () => change(id, 'pause')).set(to, () => change(id, 'resume'));
  }
  const others = Array.from({ length: 200 }, () => chance.between(begin, end));
  const stops = new Set([...planned.flatMap(({ times }) => times), ...deeds.keys(), ...others, end]);
  for (const at of [...stops].filter((one) => one > begin && one <= end).sort((a, b) => a - b)) {
    // Some restarts fall between the due time and the look at it.
    const restarts = house.isOpen && chance.happens(0.01);
    if (restarts) house.close();
    house.clock.set(at);
    if (restarts) house.open();
    deeds.get(at)?.();
    // What has just been fired is ended, and so is what waited behind it.
    while (house.isOpen && (await house.endRuns()) > 0);
  }

  function change(id: string, deed: 'pause' | 'resume'): void {
    const task = house.store.tasks.get(id);
    const isOver =
      task?.state === 'done' || (task?.schedule.type === 'once' && (task.nextRunAt ?? 0) <= house.clock.now());
    if (task && !isOver) setTaskState(house.desk, { task, deed });
  }
}

/** What the host makes of these times: one run for all that a downtime swallowed, at its end. */
function runsOf(
  times: readonly number[],
  { downtimes, pause }: { downtimes: readonly Downtime[]; pause: Downtime | undefined },
): { dueAt: number; firedAt: number; missed: number }[] {
  const runs: { dueAt: number; firedAt: number; missed: number }[] = [];
  for (const dueAt of times) {
    if (pause && dueAt > pause.from && dueAt <= pause.to) continue;
    const down = downtimes.find(({ from, to }) => dueAt > from && dueAt <= to);
    const last = runs.at(-1);
    if (down && last?.firedAt === down.to && last.dueAt > down.from)
      runs.splice(-1, 1, { ...last, missed: last.missed + 1 });
    else runs.push({ dueAt, firedAt: down?.to ?? dueAt, missed: 0 });
  }
  return runs.map((run) => ({ ...run, missed: Math.min(run.missed, mostMissed) }));
}
