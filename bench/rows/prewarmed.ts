import { BareSdk } from '../bare-sdk.ts';
import { whyNoDocker } from '../docker.ts';
import { pause } from '../moment.ts';
import { type Bench, type Family, inTurn, type Row, rowOf } from '../row.ts';
import { plain, promptOf, script } from '../script.ts';
import { type Runtime, TimedHouse } from '../timed-house.ts';

const mostSamples = 12;
const restMs = 500;
const nameOf = (runtime: Runtime) => `prewarmed first message (${runtime})`;

/**
 * The host has started and made main's container ahead: the first message until the platform has the answer. Beside the
 * bare SDK, its process up as well, from the first push to the result.
 */
export const family: Family = {
  rows: [nameOf('local'), nameOf('docker')],
  async *run(bench) {
    for (const runtime of ['local', 'docker'] as const) {
      if (!bench.wants(nameOf(runtime))) continue;
      const why = runtime === 'docker' ? whyNoDocker() : undefined;
      if (why !== undefined) bench.note(`${nameOf(runtime)}: ${why}`);
      else yield* await prewarmed(runtime, bench);
    }
  },
};

async function prewarmed(runtime: Runtime, bench: Bench): Promise<Row[]> {
  await using ours = await TimedHouse.open(runtime, { script, settings: { PREWARM: 'main' } });
  if (!('prewarm' in ours.house.config)) {
    bench.note(`${nameOf(runtime)}: NOT MEASURED: this host makes no container ahead.`);
    return [];
  }
  await ours.ask(plain);
  await using bare = await BareSdk.open(ours.sdkPlan, script);
  await bare.turn(promptOf(plain));
  await bare.close();
  const taken = await inTurn(Math.min(bench.n, mostSamples), {
    ours: async () => {
      await ours.reopen();
      await pause(restMs);
      return (await ours.ask(plain)).span('said', 'accepted');
    },
    floor: async () => {
      await bare.warm();
      await pause(restMs);
      const turn = await bare.turn(promptOf(plain));
      await bare.close();
      return turn.resultAt - turn.startedAt;
    },
  });
  return [rowOf(nameOf(runtime), { unit: 'ms', ...taken })];
}
