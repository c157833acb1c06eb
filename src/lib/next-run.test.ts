import { expect, test } from 'vitest';
import { walk } from '../../test/fixtures/minute-walker.ts';
import { Timetable } from './next-run.ts';
import { Zone } from './zone.ts';

function cronTimes(zone: string, value: string, { from, n }: { from: string; n: number }): string[] {
  const timetable = new Timetable(new Zone(zone));
  const times: string[] = [];
  let at: number | undefined = Date.parse(from);
  for (let i = 0; i < n && at !== undefined; i++) {
    at = timetable.next({ type: 'cron', value }, at);
    times.push(at === undefined ? 'never' : timetable.zone.inWords(at));
  }
  return times;
}

const berlin = new Timetable(new Zone('Europe/Berlin'));
const now = Date.parse('2026-11-22T12:00Z');
const cron = (value: string) => berlin.next({ type: 'cron', value }, now);
const once = (value: string) => berlin.next({ type: 'once', value }, now);

test.each([
  ['Europe/Berlin', '30 2 * * *', ['Sun 2026-03-29 03:00 +02:00', 'Mon 2026-03-30 02:30 +02:00']],
  ['Europe/Berlin', '0,30 2 * * *', ['Sun 2026-03-29 03:00 +02:00', 'Mon 2026-03-30 02:00 +02:00']],
  ['Europe/Berlin', '0 2,3 * * *', ['Sun 2026-03-29 03:00 +02:00', 'Mon 2026-03-30 02:00 +02:00']],
])('in %s what a gap swallows of %s comes at its end, once', (zone, value, times) => {
  expect(cronTimes(zone, value, { from: '2026-03-28T12:00Z', n: 2 })).toEqual(times);
});

test('Lord Howe’s half hour: the gap ends at 2:30, and what the fold shows twice comes once', () => {
  expect(cronTimes('Australia/Lord_Howe', '15 2 * * *', { from: '2026-10-03T00:00Z', n: 2 })).toEqual([
    'Sun 2026-10-04 02:30 +11:00',
    'Mon 2026-10-05 02:15 +11:00',
  ]);
  expect(cronTimes('Australia/Lord_Howe', '45 1 * * *', { from: '2026-04-04T00:00Z', n: 2 })).toEqual([
    'Sun 2026-04-05 01:45 +11:00',
    'Mon 2026-04-06 01:45 +10:30',
  ]);
});

test('where the hour is a wildcard or a step, time that elapses counts: a fold runs twice, a gap not at all', () => {
  expect(cronTimes('Australia/Lord_Howe', '*/15 * * * *', { from: '2026-04-04T14:40Z', n: 4 })).toEqual([
    'Sun 2026-04-05 01:45 +11:00',
    'Sun 2026-04-05 01:30 +10:30',
    'Sun 2026-04-05 01:45 +10:30',
    'Sun 2026-04-05 02:00 +10:30',
  ]);
  expect(cronTimes('Europe/Berlin', '0 */2 * * *', { from: '2026-03-28T22:30Z', n: 2 })).toEqual([
    'Sun 2026-03-29 00:00 +01:00',
    'Sun 2026-03-29 04:00 +02:00',
  ]);
  expect(cronTimes('Europe/Berlin', '@hourly', { from: '2026-10-24T23:30Z', n: 2 })).toEqual([
    'Sun 2026-10-25 02:00 +02:00',
    'Sun 2026-10-25 02:00 +01:00',
  ]);
});

test('the day that Apia left out comes at the beginning of the next one', () => {
  expect(cronTimes('Pacific/Apia', '0 9 * * *', { from: '2011-12-29T00:00Z', n: 3 })).toEqual([
    'Thu 2011-12-29 09:00 -10:00',
    'Sat 2011-12-31 00:00 +14:00',
    'Sat 2011-12-31 09:00 +14:00',
  ]);
});

test.each([
  ['0 9 L * *', ['Mon 2026-11-30 09:00 +01:00', 'Thu 2026-12-31 09:00 +01:00']],
  ['0 9 * * 5L', ['Fri 2026-11-27 09:00 +01:00', 'Fri 2026-12-25 09:00 +01:00']],
  ['0 9 * * mon#2', ['Mon 2026-12-14 09:00 +01:00', 'Mon 2027-01-11 09:00 +01:00']],
  ['0 0 1 * 5', ['Fri 2026-11-27 00:00 +01:00', 'Tue 2026-12-01 00:00 +01:00']],
  ['30 0 9 * * 1-5', ['Mon 2026-11-23 09:00:30 +01:00', 'Tue 2026-11-24 09:00:30 +01:00']],
  ['@yearly', ['Fri 2027-01-01 00:00 +01:00', 'Sat 2028-01-01 00:00 +01:00']],
  ['0 0 29 2 *', ['Tue 2028-02-29 00:00 +01:00', 'Sun 2032-02-29 00:00 +01:00']],
])('%s is read as cron reads it', (value, times) => {
  expect(cronTimes('Europe/Berlin', value, { from: '2026-11-22T12:00Z', n: 2 })).toEqual(times);
});

test.each([
  ['0 0 30 2 *', 'is no cron expression'],
  ['* * * * * *', 'more often than once a minute'],
  ['@secondly', 'more often than once a minute'],
  ['', 'has 0 fields'],
  ['every day', 'has 2 fields'],
  ['61 * * * *', 'expected range 0-59'],
  ['H 9 * * *', 'by chance'],
  ['0 9 * * 1 2026 *', 'has 7 fields'],
])('%j is refused in words', (value, words) => {
  expect(() => cron(value)).toThrow(words);
});

test('an interval is counted from its anchor, and refused when it is none', () => {
  const hourly = { type: 'interval', value: '3600000', anchorAt: 1_000 } as const;
  expect(berlin.next(hourly, 1_000)).toBe(3_601_000);
  expect(berlin.next(hourly, 7_200_999)).toBe(7_201_000);
  expect(berlin.next(hourly, 7_201_000)).toBe(10_801_000);
  expect(berlin.count(hourly, { after: 1_000, until: 10_801_000, most: 100 })).toBe(3);
  expect(berlin.count(hourly, { after: 1_000, until: 10_801_000, most: 2 })).toBe(2);
  for (const value of ['59999', '-1', '1.5', '30m', '', '99999999999999']) {
    expect(() => berlin.next({ type: 'interval', value }, now)).toThrow(/too often|no interval/);
  }
});

test('a time once is local unless it names an offset, and a date that does not exist is refused', () => {
  expect(once('2026-12-01T15:30')).toBe(Date.parse('2026-12-01T14:30Z'));
  expect(once('2026-12-01 15:30:10')).toBe(Date.parse('2026-12-01T14:30:10Z'));
  expect(once('2026-12-01T15:30:00Z')).toBe(Date.parse('2026-12-01T15:30Z'));
  expect(once('2026-12-01T15:30+05:45')).toBe(Date.parse('2026-12-01T09:45Z'));
  expect(once('2027-03-28T02:30')).toBe(Date.parse('2027-03-28T01:00Z'));
  expect(once('2027-10-31T02:30')).toBe(Date.parse('2027-10-31T00:30Z'));
  expect(once('2020-01-01T00:00')).toBeUndefined();
  for (const value of ['2026-02-30T10:00', '2026-12-01', 'tomorrow', '2026-12-01T25:00']) {
    expect(() => once(value)).toThrow('no time I can read');
  }
});

test.each([
  ['Europe/Berlin', '2026-03-28T00:00Z'],
  ['Europe/Berlin', '2026-10-24T00:00Z'],
  ['America/New_York', '2026-03-07T12:00Z'],
  ['America/New_York', '2026-10-31T12:00Z'],
  ['Australia/Lord_Howe', '2026-04-04T00:00Z'],
  ['Australia/Lord_Howe', '2026-10-03T00:00Z'],
  ['Pacific/Apia', '2011-04-01T00:00Z'],
  ['Pacific/Apia', '2011-12-29T00:00Z'],
  ['America/Sao_Paulo', '2018-11-03T12:00Z'],
  ['Africa/Casablanca', '2026-02-14T12:00Z'],
])('around the change in %s of %s every time is that of the wall clock', (zone, start) => {
  const minutes = ['0', '*/7', '15,45', '59', '*'];
  const hours = ['*', '*/2', '*/5', '0', '1', '2', '1-3', '0,23', '3'];
  const days = ['* * *', '* * 0', '30 * *', '29,31 * 5'];
  const expressions = minutes.flatMap((m) => hours.flatMap((h) => days.map((d) => `${m} ${h} ${d}`)));
  const from = Date.parse(start);
  const to = from + 60 * 3_600_000;
  const walked = walk(zone, expressions, { from, to });
  const timetable = new Timetable(new Zone(zone));
  for (const [n, value] of expressions.entries()) {
    const ours: number[] = [];
    for (let at: number | undefined = from - 1; at !== undefined; ) {
      at = timetable.next({ type: 'cron', value }, at);
      if (at !== undefined && at > to) break;
      if (at !== undefined) ours.push(at);
    }
    expect({ value, times: ours }).toEqual({
      value,
      times: walked.filter(({ expression }) => expression === n).map(({ instant }) => instant),
    });
  }
});
