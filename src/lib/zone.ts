const hourMs = 3_600_000;

/**
 * The wall clock of one IANA zone. A wall time is a number like an instant: milliseconds as if the wall clock showed UTC.
 * Its offsets come from Intl alone; at most one change of offset within 28 hours is assumed.
 */
export class Zone {
  readonly name: string;
  #formatter: Intl.DateTimeFormat | undefined;

  /** `name`: a zone that Intl knows, or the first question throws a RangeError. */
  constructor(name: string) {
    this.name = name;
  }

  // Made when it is needed: the first one of a process takes its time.
  get #format(): Intl.DateTimeFormat {
    this.#formatter ??= new Intl.DateTimeFormat('en-US', {
      timeZone: this.name,
      hourCycle: 'h23',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    });
    return this.#formatter;
  }

  /** What the wall clock shows at an instant. */
  wallAt(instant: number): number {
    return instant + this.offsetAt(instant);
  }

  /** Milliseconds that the wall clock is ahead of UTC. */
  offsetAt(instant: number): number {
    const second = Math.floor(instant / 1000) * 1000;
    // 1/31/2026, 07:05:09, in whatever order the parts come: read by position, for parts cost three times as much.
    const [month = 1, day = 1, year = 1970, hour = 0, minute = 0, rest = 0] = this.#format
      .format(second)
      .split(/\D+/, 6)
      .map(Number);
    return Date.UTC(year, month - 1, day, hour, minute, rest) - second;
  }

  /** The first instant at which the wall clock shows that time or, where it never does, the first one after the gap. */
  firstOf(wall: number): number {
    // Offsets lie between -12 and +14 hours: one of these is the offset before a change nearby, the other the one after it.
    const before = this.offsetAt(wall - 15 * hourMs);
    const after = this.offsetAt(wall + 13 * hourMs);
    if (before === after) return wall - before;
    const candidates = [wall - before, wall - after].sort((a, b) => a - b);
    const first = candidates.find((instant) => this.wallAt(instant) === wall);
    return first ?? this.changeBetween(wall - 15 * hourMs, wall + 13 * hourMs);
  }

  /** The first instant with the offset of `to`, which is not that of `from`. */
  changeBetween(from: number, to: number): number {
    const offset = this.offsetAt(from);
    let [before, after] = [Math.floor(from / 1000), Math.ceil(to / 1000)];
    while (after - before > 1) {
      const middle = Math.floor((before + after) / 2);
      if (this.offsetAt(middle * 1000) === offset) before = middle;
      else after = middle;
    }
    return after * 1000;
  }

  /** `Mon 2026-11-23 07:00 +01:00` */
  inWords(instant: number): string {
    const offset = this.offsetAt(instant);
    const wall = new Date(instant + offset);
    const day = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'][wall.getUTCDay()];
    const size = Math.abs(offset) / 60_000;
    const two = (n: number) => String(Math.floor(n)).padStart(2, '0');
    const text = wall.toISOString();
    const seconds = wall.getUTCSeconds() === 0 ? '' : text.slice(16, 19);
    const shift = `${offset < 0 ? '-' : '+'}${two(size / 60)}:${two(size % 60)}`;
    return `${day} ${text.slice(0, 10)} ${text.slice(11, 16)}${seconds} ${shift}`;
  }
}
