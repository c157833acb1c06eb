import type { Zone } from '../lib/zone.ts';
import type { Schedule, Task, TaskRun } from '../model/task.ts';
import { oneLine, shorten } from '../text/shorten.ts';

const weekdays = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'];
const units = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['min', 60_000],
  ['s', 1_000],
  ['ms', 1],
] as const;

/** `every day at 09:00`, `every 2 h 30 min`, `once at …`; what has no plain words stays a cron expression. */
export function scheduleInWords({ type, value }: Schedule): string {
  if (type === 'once') return `once, ${value}`;
  if (type === 'interval') return `every ${lengthInWords(Number(value))}`;
  return `${cronInWords(value) ?? 'cron'} (${value})`;
}

/** One task in a line or two, for a person or an agent. */
export function taskInWords(
  task: Task,
  { zone, last, promptUnits }: { zone: Zone; last: TaskRun | undefined; promptUnits: number },
): string {
  const state = task.state === 'paused' && task.pauseReason ? `paused (${oneLine(task.pauseReason)})` : task.state;
  return [
    `${task.id} · ${state}`,
    scheduleInWords(task.schedule),
    ...(task.state === 'active' && task.nextRunAt !== undefined ? [`next ${zone.inWords(task.nextRunAt)}`] : []),
    ...(last ? [lastInWords(last, zone)] : []),
    `“${shorten(task.prompt, promptUnits)}”`,
  ].join(' · ');
}

/** How a task stands, in a sentence. */
export function stateInWords(task: Task, zone: Zone): string {
  const what = `${task.id} is ${task.state} (${scheduleInWords(task.schedule)})`;
  const comes = task.state === 'active' && task.nextRunAt !== undefined;
  return comes ? `${what}; next ${zone.inWords(task.nextRunAt)} (${zone.name}).` : `${what}.`;
}

function lastInWords(run: TaskRun, zone: Zone): string {
  const what = run.state === 'open' ? 'running since' : `last ${run.state} at`;
  const why = run.state === 'failed' && run.detail !== undefined ? ` (${shorten(run.detail, 80)})` : '';
  return `${what} ${zone.inWords(run.firedAt)}${lateness(run)}${why}`;
}

/** How late it began, and for how many it stands; nothing for one in time. */
export function lateness({ dueAt, firedAt, missed, byHand }: TaskRun): string {
  if (byHand) return ', by hand';
  // A scheduler that slept looks within half a minute.
  const late =
    firedAt - dueAt > 60_000 ? `, ${lengthInWords(Math.floor((firedAt - dueAt) / 60_000) * 60_000)} late` : '';
  return missed > 0 ? `${late}, for ${missed} more that were missed` : late;
}

function lengthInWords(ms: number): string {
  let rest = ms;
  const parts: string[] = [];
  for (const [name, size] of units) {
    const n = Math.floor(rest / size);
    rest -= n * size;
    if (n > 0) parts.push(`${n} ${name}`);
  }
  return parts.join(' ') || `${ms} ms`;
}

function cronInWords(value: string): string | undefined {
  const fields = value.trim().split(/\s+/);
  if (fields.length === 1) return { '@daily': 'every day at 00:00', '@hourly': 'every hour' }[value.trim()];
  const [minute = '', hour = '', ...day] = fields.length === 6 && fields[0] === '0' ? fields.slice(1) : fields;
  const step = /^\*\/(\d+)$/.exec(minute)?.[1];
  const days = day.join(' ');
  if (step !== undefined && hour === '*' && days === '* * *') return `every ${step} min`;
  if (!/^\d+$/.test(minute)) return undefined;
  if (hour === '*' && days === '* * *') return `every hour at minute ${minute}`;
  const on = daysInWords(day);
  if (!/^\d+$/.test(hour) || on === undefined) return undefined;
  return `${on} at ${hour.padStart(2, '0')}:${minute.padStart(2, '0')}`;
}

function daysInWords([date, month, weekday, ...more]: readonly string[]): string | undefined {
  if (month !== '*' || weekday === undefined || more.length > 0) return undefined;
  if (weekday === '*') {
    if (date === '*') return 'every day';
    return /^\d+$/.test(date ?? '') ? `every month on the ${date}.` : undefined;
  }
  if (date !== '*') return undefined;
  if (weekday === '1-5') return 'on weekdays';
  return /^[0-7]$/.test(weekday) ? `every ${weekdays[Number(weekday) % 7]}` : undefined;
}
