import { expect, test } from 'vitest';
import { daysBefore, localDay, nextDayAt } from './local-day.ts';

const at = (iso: string) => Date.parse(iso);

test.each([
  ['UTC', '2026-11-22T23:30:00Z', '2026-11-22', '2026-11-23T00:00:00Z'],
  ['Europe/Berlin', '2026-11-22T23:30:00Z', '2026-11-23', '2026-11-23T23:00:00Z'],
  ['Asia/Kathmandu', '2026-11-22T18:14:59Z', '2026-11-22', '2026-11-22T18:15:00Z'],
  // The clocks go forward and back: days of 23 and of 25 hours.
  ['Europe/Berlin', '2026-03-28T23:00:00Z', '2026-03-29', '2026-03-29T22:00:00Z'],
  ['Europe/Berlin', '2026-10-24T22:00:00Z', '2026-10-25', '2026-10-25T23:00:00Z'],
  // A day that begins at one o'clock, and a day that never was.
  ['America/Asuncion', '2024-10-05T12:00:00Z', '2024-10-05', '2024-10-06T04:00:00Z'],
  ['Pacific/Apia', '2011-12-29T12:00:00Z', '2011-12-29', '2011-12-30T10:00:00Z'],
])('in %s, %s belongs to %s, and the next day begins at %s', (zone, now, day, next) => {
  expect(localDay(at(now), zone)).toBe(day);
  expect(new Date(nextDayAt(at(now), zone))).toEqual(new Date(next));
});

test('days are counted back over months and years', () => {
  expect(daysBefore('2026-01-01', 0)).toBe('2026-01-01');
  expect(daysBefore('2026-01-01', 1)).toBe('2025-12-31');
  expect(daysBefore('2024-03-01', 1)).toBe('2024-02-29');
});
