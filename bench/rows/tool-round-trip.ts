import { BareSdk } from '../bare-sdk.ts';
import { whyNoDocker } from '../docker.ts';
import { pause } from '../moment.ts';
import { type Bench, type Family, inTurn, type Row, rowOf } from '../row.ts';
import { plain, promptOf, script, tell } from '../script.ts';
import { type Runtime, TimedHouse } from '../timed-house.ts';

const restMs = 100;
const nameOf = (runtime: Runtime) => `tool round trip (${runtime})`;

/**
 * From the model's tool call until it is asked again with what the host replied, less the same of the bare SDK taken right
 * after it, whose handler replies at once: what request, host and reply cost.
 */
export const family: Family = {
  rows: (['local', 'docker'] as const).map(nameOf),
  async *run(bench) {
    for (const runtime of ['local', 'docker'] as const) {
      if (!bench.wants(nameOf(runtime))) continue;
      const why = runtime === 'docker' ? whyNoDocker() : undefined;
      if (why === undefined) yield await roundTrip(runtime, bench);
      else bench.note(`${nameOf(runtime)}: ${why}`);
    }
  },
};

async function roundTrip(runtime: Runtime, { n }: Bench): Promise<Row> {
  await using ours = await TimedHouse.open(runtime, { script });
  await ours.ask(plain);
  await using bare = await BareSdk.open(ours.sdkPlan, script);
  await bare.turn(promptOf(plain));
  const taken = await inTurn(n, {
    ours: async () => {
      await pause(restMs);
      await ours.ask(tell, 2);
      return betweenRequests(ours.model.asked);
    },
    floor: async () => {
      await pause(restMs);
      await bare.turn(promptOf(tell));
      return betweenRequests(bare.model.asked);
    },
  });
  const own = taken.ours.map((ms, index) => ms - (taken.floor[index] ?? Number.NaN));
  const steps = taken.ours.map((ms, index) => ({ ours: ms, 'bare SDK': taken.floor[index] ?? Number.NaN }));
  return rowOf(nameOf(runtime), { unit: 'ms', ours: own, steps });
}

/** The model has answered with a call; it has the result. */
function betweenRequests(asked: readonly { at: number; answeredAt?: number | undefined }[]): number {
  const [call, next] = asked;
  return (next?.at ?? Number.NaN) - (call?.answeredAt ?? Number.NaN);
}
