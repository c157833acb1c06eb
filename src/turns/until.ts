import { Zone } from '../lib/zone.ts';

/** `13:46`, with its day when it is not today. */
export function untilInWords(instant: number, { timeZone, now }: { timeZone: string; now: number }): string {
  const day = new Intl.DateTimeFormat('en-GB', { timeZone, weekday: 'short', day: 'numeric', month: 'short' });
  // Never earlier than it is.
  const shown = Math.ceil(instant / 60_000) * 60_000;
  const time = new Intl.DateTimeFormat('en-GB', { timeZone, hour: '2-digit', minute: '2-digit' }).format(shown);
  return day.format(shown) === day.format(now) ? time : `${time} on ${day.format(shown)}`;
}

/**
 * When a limit ends, in the words limits are told in: `…limit reached|1764600000`, `resets 4:08pm (Europe/Berlin)`,
 * `regain access on 2027-01-01 at 00:00 UTC`.
 */
export function endOfLimit(words: string, here: { now: number; timeZone: string }): number | undefined {
  const epoch = /limit reached\|(\d{10,13})/i.exec(words)?.[1];
  if (epoch !== undefined) return Number(epoch) * (epoch.length > 10 ? 1 : 1000);
  const [, date, utc] = /regain access on (\d{4}-\d\d-\d\d)(?: at (\d\d:\d\d) UTC)?/i.exec(words) ?? [];
  if (date !== undefined) return Date.parse(`${date}T${utc ?? '00:00'}:00Z`);
  const [, hour, minute, half, zone] =
    /resets?(?: at)? (\d{1,2})(?::(\d\d))?\s*([ap]m)(?: \(([\w/+-]+)\))?/i.exec(words) ?? [];
  if (hour === undefined || half === undefined) return undefined;
  const hours = (Number(hour) % 12) + (half.toLowerCase() === 'pm' ? 12 : 0);
  return nextAt(hours * 60 + Number(minute ?? 0), { now: here.now, zone: new Zone(known(zone) ?? here.timeZone) });
}

function nextAt(minutes: number, { now, zone }: { now: number; zone: Zone }): number {
  const wall = zone.wallAt(now);
  const midnight = wall - (((wall % 86_400_000) + 86_400_000) % 86_400_000);
  const today = zone.firstOf(midnight + minutes * 60_000);
  return today > now ? today : zone.firstOf(midnight + 86_400_000 + minutes * 60_000);
}

function known(zone: string | undefined): string | undefined {
  try {
    return zone === undefined
      ? undefined
      : new Intl.DateTimeFormat('en', { timeZone: zone }).resolvedOptions().timeZone;
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}
