import { BareSdk } from '../bare-sdk.ts';
import { whyNoDocker } from '../docker.ts';
import { pause } from '../moment.ts';
import { type Bench, type Family, inTurn, type Row, rowOf } from '../row.ts';
import { plain, promptOf, script, tell } from '../script.ts';
import { type Runtime, TimedHouse } from '../timed-house.ts';

const restMs = 100;

/** The model's tool call leaves it until the platform has the message; beside the SDK until it calls the tool's handler. */
export const family: Family = {
  rows: ['own message (local)', 'own message (docker)'],
  async *run(bench) {
    if (bench.wants('own message (local)')) yield await ownMessage('local', bench);
    if (!bench.wants('own message (docker)')) return;
    const why = whyNoDocker();
    if (why === undefined) yield await ownMessage('docker', bench);
    else bench.note(`own message (docker): ${why}`);
  },
};

async function ownMessage(runtime: Runtime, { n }: Bench): Promise<Row> {
  await using ours = await TimedHouse.open(runtime, { script });
  await ours.ask(plain);
  await using bare = await BareSdk.open(ours.sdkPlan, script);
  await bare.turn(promptOf(plain));
  const taken = await inTurn(n, {
    ours: async () => {
      await pause(restMs);
      return (await ours.ask(tell, 2)).span('answered', 'accepted');
    },
    floor: async () => {
      await pause(restMs);
      const { toolAt = Number.NaN } = await bare.turn(promptOf(tell));
      return toolAt - (bare.model.asked[0]?.answeredAt ?? Number.NaN);
    },
  });
  return rowOf(`own message (${runtime})`, { unit: 'ms', ...taken });
}
