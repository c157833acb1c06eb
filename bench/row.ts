/** One line of the result. `p95`: 19 of 20 samples are at least as good, so of a rate it is the low end. */
export interface Row {
  readonly name: string;
  readonly p50: number;
  readonly p95: number;
  readonly unit: string;
  /** p50 of what the same thing costs without NanoClaw, taken in turn with ours; null where there is no such thing. */
  readonly floor: number | null;
  /** ours / floor, of both p50. */
  readonly ratio: number | null;
  readonly n: number;
  /** ours - floor, of both p50. */
  readonly own?: number;
  readonly p99?: number;
  /** p50 of each step of ours, and of the floor where it has steps. */
  readonly steps?: Steps;
  readonly floorSteps?: Steps;
}
export type Steps = Readonly<Record<string, number>>;

export interface Bench {
  readonly n: number;
  /** Whether that row was asked for; a family leaves out what nobody wants. */
  wants(row: string): boolean;
  /** For the person who waits; never on standard output. */
  note(sentence: string): void;
}

/** Rows that are measured together. A file in rows/ exports one as `family`. */
export interface Family {
  readonly rows: readonly string[];
  /** Takes minutes: measured only when it is asked for by name. */
  readonly long?: boolean;
  run(bench: Bench): AsyncIterable<Row>;
}

export interface Samples {
  readonly unit: string;
  readonly ours: readonly number[];
  readonly floor?: readonly number[];
  readonly best?: 'low' | 'high';
  readonly steps?: readonly Steps[];
  readonly floorSteps?: readonly Steps[];
}

export function rowOf(name: string, samples: Samples): Row {
  const { unit, ours, floor, best = 'low' } = samples;
  const p50 = percentile(ours, 50);
  const base = floor === undefined ? undefined : percentile(floor, 50);
  return {
    name,
    p50: round(p50),
    p95: round(percentile(ours, best === 'low' ? 95 : 5)),
    unit,
    floor: base === undefined ? null : round(base),
    ratio: base === undefined || base === 0 ? null : round(p50 / base),
    n: ours.length,
    ...(base !== undefined && unit === 'ms' && { own: round(p50 - base) }),
    ...(ours.length >= 200 && { p99: round(percentile(ours, 99)) }),
    ...(samples.steps && { steps: medians(samples.steps) }),
    ...(samples.floorSteps && { floorSteps: medians(samples.floorSteps) }),
  };
}

/** A B A B …: whatever else this machine does meanwhile, it does to both. The first pair warms up and is thrown away. */
export async function inTurn<A, B>(
  n: number,
  { ours, floor }: { ours: () => A | Promise<A>; floor: () => B | Promise<B> },
): Promise<{ ours: A[]; floor: B[] }> {
  const taken: { ours: A[]; floor: B[] } = { ours: [], floor: [] };
  for (let i = -1; i < n; i++) {
    const one = await ours();
    const other = await floor();
    if (i < 0) continue;
    taken.ours.push(one);
    taken.floor.push(other);
  }
  return taken;
}

function medians(samples: readonly Steps[]): Steps {
  const names = Object.keys(samples[0] ?? {});
  return Object.fromEntries(
    names.map((name) => [
      name,
      round(
        percentile(
          samples.flatMap((one) => one[name] ?? []),
          50,
        ),
      ),
    ]),
  );
}

/** Nearest rank. */
function percentile(values: readonly number[], percent: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  const rank = Math.max(1, Math.ceil((percent / 100) * sorted.length));
  return sorted[rank - 1] ?? Number.NaN;
}

function round(value: number): number {
  const digits = Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : 2;
  return Number(value.toFixed(digits));
}
