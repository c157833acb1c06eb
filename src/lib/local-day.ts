const dayMs = 86_400_000;

/** The calendar day in that zone, as `2026-11-22`. */
export function localDay(at: number, timeZone: string): string {
  return dayFormat(timeZone).format(at);
}

/** The first instant of the zone's next day: 23, 24 or 25 hours after the last one, as summer time has it. */
export function nextDayAt(at: number, timeZone: string): number {
  const format = dayFormat(timeZone);
  const today = format.format(at);
  let before = at;
  let after = at + 2 * dayMs;
  while (after - before > 1) {
    const middle = Math.floor((before + after) / 2);
    if (format.format(middle) === today) before = middle;
    else after = middle;
  }
  return after;
}

/** The day so many days before. */
export function daysBefore(day: string, days: number): string {
  return new Date(Date.parse(`${day}T00:00:00Z`) - days * dayMs).toISOString().slice(0, 10);
}

function dayFormat(timeZone: string): Intl.DateTimeFormat {
  return new Intl.DateTimeFormat('sv-SE', { timeZone, dateStyle: 'short' });
}
