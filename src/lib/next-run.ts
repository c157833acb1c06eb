// When a schedule comes next, by the wall clock of one zone. cron-parser reads expressions here and nowhere else; the
// calendar is walked by us, because around changes of the clock cron-parser gives other times (Lord Howe's half hour,
// Apia's missing day). The rules, which the documents promise:
// - a wall-clock time that does not exist comes at the first instant after the gap; several such times come once;
// - one that exists twice comes once, the first time;
// - where the hour field is `*` or `*/n`, time that elapses counts: both passes of a fold, and what a gap skips is skipped;
// - an interval is counted from its anchor and never drifts.
import { createRequire } from 'node:module';
import type { CronExpression } from 'cron-parser';
import { NanoclawError } from '../model/errors.ts';
import type { Zone } from './zone.ts';

/** A schedule's type and value as v1 writes them: a cron expression, milliseconds, a local time or an instant. */
export interface Recurrence {
  readonly type: 'cron' | 'interval' | 'once';
  readonly value: string;
  /** Where an interval is counted from. */
  readonly anchorAt?: number | undefined;
}

/** What of a cron expression counts. */
interface Plan {
  /** The hour field is a wildcard: real time that elapses counts, not the wall clock's. */
  readonly elapsing: boolean;
  readonly second: number;
  readonly minutes: readonly number[];
  readonly hours: readonly number[];
  readonly months: ReadonlySet<number>;
  readonly matchesDay: (day: { date: number; weekday: number; last: number }) => boolean;
}

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const dayMs = 24 * hourMs;
/** Longer than any change of the clock, shorter than what lies between two. */
const windowMs = 26 * hourMs;
/** 29 February may be eight years away. */
const farthestDays = 9 * 366;
const longestIntervalMs = 10 * 366 * dayMs;

/** Reads schedules and says when they come. Keeps the expressions it has read. */
export class Timetable {
  readonly zone: Zone;
  readonly #plans = new Map<string, Plan>();

  constructor(zone: Zone) {
    this.zone = zone;
  }

  /**
   * The first time strictly after `after`; undefined when there is none. Throws `schedule.invalid` for what cannot be
   * read, and for what would come more often than once a minute.
   */
  next(schedule: Recurrence, after: number): number | undefined {
    switch (schedule.type) {
      case 'cron': {
        const plan = this.#planOf(schedule.value);
        return plan.elapsing ? this.#nextElapsing(plan, after) : this.#nextOnTheWall(plan, after);
      }
      case 'interval': {
        const ms = readInterval(schedule.value);
        const anchor = schedule.anchorAt ?? after;
        return anchor + (Math.floor(Math.max(0, after - anchor) / ms) + 1) * ms;
      }
      case 'once': {
        const at = this.#readOnce(schedule.value);
        return at > after ? at : undefined;
      }
    }
  }

  /** How many times lie after `after` and not after `until`, counted up to `most`. */
  count(schedule: Recurrence, between: { after: number; until: number; most: number }): number {
    if (schedule.type === 'interval') {
      const ms = readInterval(schedule.value);
      const first = this.next(schedule, between.after) ?? Number.POSITIVE_INFINITY;
      return Math.max(0, Math.min(between.most, Math.floor((between.until - first) / ms) + 1));
    }
    let n = 0;
    for (
      let at = this.next(schedule, between.after);
      at !== undefined && at <= between.until && n < between.most;
      n++
    ) {
      at = this.next(schedule, at);
    }
    return n;
  }

  #planOf(expression: string): Plan {
    const known = this.#plans.get(expression);
    if (known) return known;
    const plan = readCron(expression);
    // So many different ones are only ever tried by somebody who wants to fill our memory.
    if (this.#plans.size >= 1_000) this.#plans.clear();
    this.#plans.set(expression, plan);
    return plan;
  }

  // firstOf never falls as walls rise, so the first wall whose instant lies after `after` has the answer.
  #nextOnTheWall(plan: Plan, after: number): number | undefined {
    let wall = nextWall(plan, this.zone.wallAt(after));
    while (wall !== undefined) {
      const instant = this.zone.firstOf(wall);
      if (instant > after) return instant;
      wall = nextWall(plan, wall + 1000);
    }
    return undefined;
  }

  // From one change of the clock to the next: within such a stretch walls and instants differ by one offset.
  #nextElapsing(plan: Plan, after: number): number | undefined {
    let from = after + 1;
    for (;;) {
      const offset = this.zone.offsetAt(from);
      const wall = nextWall(plan, from + offset);
      if (wall === undefined) return undefined;
      const instant = wall - offset;
      const end = Math.min(instant, from + windowMs);
      if (this.zone.offsetAt(end) !== offset) from = this.zone.changeBetween(from, end);
      else if (end === instant) return instant;
      else from = Math.max(end, instant - windowMs);
    }
  }

  #readOnce(value: string): number {
    const match = /^(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d(?::\d\d(?:\.\d{1,3})?)?)(Z|[+-]\d\d:?\d\d)?$/i.exec(value.trim());
    const [, date = '', time = '', offset] = match ?? [];
    const wall = Date.parse(`${date}T${time}Z`);
    // Date.parse takes 30 February for 2 March.
    if (Number.isNaN(wall) || new Date(wall).toISOString().slice(0, 10) !== date) {
      throw invalid(`"${value}" is no time I can read.`, 'Write a local time such as 2026-03-01T15:30.');
    }
    return offset === undefined ? this.zone.firstOf(wall) : Date.parse(`${date}T${time}${offset.toUpperCase()}`);
  }
}

function readInterval(value: string): number {
  const ms = /^\s*\d{1,15}\s*$/.test(value) ? Number(value) : Number.NaN;
  if (ms >= minuteMs && ms <= longestIntervalMs) return ms;
  const example = 'An interval is a number of milliseconds, at least 60000: 3600000 is every hour.';
  if (ms < minuteMs) throw invalid(`Every ${ms} ms is too often: once a minute is the most.`, example);
  throw invalid(`"${value}" is no interval.`, example);
}

function readCron(expression: string): Plan {
  const text = expression.trim();
  const example = 'Five fields (minute hour day month weekday), such as "0 9 * * 1-5": at 9:00 on weekdays; or @daily.';
  const words = text.split(/\s+/);
  const named = /^@[a-z]+$/i.test(text);
  if (!named && words.length !== 5 && words.length !== 6) {
    throw invalid(`"${text}" is no cron expression: it has ${text === '' ? 0 : words.length} fields.`, example);
  }
  if (/h/i.test(text.replace(/thu|mar|@[a-z]+/gi, ''))) {
    throw invalid(`"${text}": H stands for a time by chance; write the time itself.`, example);
  }
  const { fields } = parse(named ? text.toLowerCase() : text, example);
  const [second = 0, ...more] = fields.second.values;
  if (more.length > 0) throw invalid(`"${text}" comes more often than once a minute, which is the most.`, example);
  const plan: Plan = {
    elapsing: fields.hour.isWildcard || /^\*\//.test(named ? '' : (words.at(-4) ?? '')),
    second,
    minutes: fields.minute.values,
    hours: fields.hour.values,
    months: new Set<number>(fields.month.values),
    matchesDay: dayMatcher(fields),
  };
  if (nextWall(plan, Date.UTC(2026, 0, 1)) === undefined) {
    throw invalid(`"${text}" never comes: there is no such day in any year.`, example);
  }
  return plan;
}

function parse(text: string, example: string): CronExpression {
  try {
    return cronParser().CronExpressionParser.parse(text, { tz: 'UTC' });
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw invalid(`"${text}" is no cron expression: ${why}.`, example);
  }
}

// Loaded with the first expression: it takes 30 ms, which a host without schedules need not spend at its start.
function cronParser(): typeof import('cron-parser') {
  return createRequire(import.meta.url)('cron-parser');
}

// Day and weekday both given: one of them is enough, as cron has always had it.
function dayMatcher({ dayOfMonth, dayOfWeek }: CronExpression['fields']): Plan['matchesDay'] {
  const dates = new Set<number | string>(dayOfMonth.values);
  const weekdays = new Set<number | string>(dayOfWeek.values);
  const nth = dayOfWeek.nthDay;
  const inDates = (date: number, last: number) => dates.has(date) || (dates.has('L') && date === last);
  const inWeekdays = (date: number, weekday: number, last: number) =>
    (weekdays.has(weekday) && (nth <= 0 || Math.ceil(date / 7) === nth)) ||
    (date > last - 7 && (weekdays.has(`${weekday}L`) || (weekday === 0 && weekdays.has('7L'))));
  if (dayOfWeek.isWildcard) return ({ date, last }) => inDates(date, last);
  if (dayOfMonth.isWildcard) return ({ date, weekday, last }) => inWeekdays(date, weekday, last);
  return ({ date, weekday, last }) => inDates(date, last) || inWeekdays(date, weekday, last);
}

/** The first wall time of the plan that is not before `from`. */
function nextWall(plan: Plan, from: number): number | undefined {
  const begin = new Date(from);
  const [year, month, date] = [begin.getUTCFullYear(), begin.getUTCMonth(), begin.getUTCDate()];
  const today = Date.UTC(year, month, date);
  for (let day = today, n = 0; n < farthestDays; n++, day += dayMs) {
    const at = new Date(day);
    const last = new Date(Date.UTC(at.getUTCFullYear(), at.getUTCMonth() + 1, 0)).getUTCDate();
    if (!plan.months.has(at.getUTCMonth() + 1)) {
      const skipped = last - at.getUTCDate();
      day += skipped * dayMs;
      n += skipped;
      continue;
    }
    if (!plan.matchesDay({ date: at.getUTCDate(), weekday: at.getUTCDay(), last })) continue;
    const time = nextTime(plan, day === today ? from - today : 0);
    if (time !== undefined) return day + time;
  }
  return undefined;
}

/** Milliseconds after midnight, not before `from`. */
function nextTime({ hours, minutes, second }: Plan, from: number): number | undefined {
  for (const hour of hours) {
    if ((hour + 1) * hourMs <= from) continue;
    for (const minute of minutes) {
      const time = hour * hourMs + minute * minuteMs + second * 1000;
      if (time >= from) return time;
    }
  }
  return undefined;
}

function invalid(sentence: string, cure: string): NanoclawError {
  return new NanoclawError('schedule.invalid', sentence, { cure });
}
