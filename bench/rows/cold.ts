import { BareSdk } from '../bare-sdk.ts';
import { whyNoDocker } from '../docker.ts';
import { engineStart } from '../engine-start.ts';
import { type Bench, type Family, inTurn, type Row, rowOf } from '../row.ts';
import { plain, promptOf, script } from '../script.ts';
import { type Runtime, TimedHouse } from '../timed-house.ts';

const steps = [
  ...['said', 'stored', 'prepared', 'started', 'ready', 'ack'],
  ...['asked', 'answered', 'result', 'sending', 'accepted'],
];

/**
 * A message of a platform until the platform has the answer, no container alive and the conversation going on; beside the
 * bare engine's start and the SDK's own start, resumed as well.
 */
export const family: Family = {
  rows: ['cold answer (local)', 'cold answer (docker)'],
  async *run(bench) {
    if (bench.wants('cold answer (local)')) yield await cold('local', bench);
    if (!bench.wants('cold answer (docker)')) return;
    const why = whyNoDocker();
    if (why === undefined) yield await cold('docker', bench);
    else bench.note(`cold answer (docker): ${why}`);
  },
};

async function cold(runtime: Runtime, { n }: Bench): Promise<Row> {
  await using ours = await TimedHouse.open(runtime, { script });
  await ours.ask(plain);
  await ours.endContainer();
  await using bare = await BareSdk.open(ours.sdkPlan, script);
  await bare.turn(promptOf(plain));
  await bare.close();
  const taken = await inTurn(n, {
    ours: async () => {
      const marks = await ours.ask(plain);
      const sample = { ms: marks.span('said', 'accepted'), steps: marks.steps(steps) };
      await ours.endContainer();
      return sample;
    },
    floor: async () => {
      const engine = await engineStart[runtime](ours.lastSpec);
      const turn = await bare.turn(promptOf(plain));
      const sdk = turn.resultAt - turn.startedAt;
      await bare.close();
      return { ms: engine + sdk, steps: { 'engine start': engine, 'SDK cold turn': sdk } };
    },
  });
  return rowOf(`cold answer (${runtime})`, {
    unit: 'ms',
    ours: taken.ours.map((one) => one.ms),
    floor: taken.floor.map((one) => one.ms),
    steps: taken.ours.map((one) => one.steps),
    floorSteps: taken.floor.map((one) => one.steps),
  });
}
