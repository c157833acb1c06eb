import { BareSdk } from '../bare-sdk.ts';
import { whyNoDocker } from '../docker.ts';
import { Marks } from '../marks.ts';
import { pause } from '../moment.ts';
import { type Bench, type Family, inTurn, type Row, rowOf } from '../row.ts';
import { plain, promptOf, script } from '../script.ts';
import { type Runtime, TimedHouse } from '../timed-house.ts';

const steps = ['said', 'stored', 'rung', 'ack', 'asked', 'answered', 'result', 'sending', 'accepted'];
const floorSteps = ['pushed', 'asked', 'answered', 'result'];
/** Between two samples, so that none pays for what the one before left to do. */
const restMs = 100;

/** A message of a platform until the platform has the answer, the container alive; beside the SDK's push until its result. */
export const family: Family = {
  rows: ['warm answer (local)', 'warm answer (docker)'],
  async *run(bench) {
    if (bench.wants('warm answer (local)')) yield await warm('local', bench);
    if (!bench.wants('warm answer (docker)')) return;
    const why = whyNoDocker();
    if (why === undefined) yield await warm('docker', bench);
    else bench.note(`warm answer (docker): ${why}`);
  },
};

async function warm(runtime: Runtime, { n }: Bench): Promise<Row> {
  await using ours = await TimedHouse.open(runtime, script);
  await ours.ask(plain);
  await using bare = await BareSdk.open(ours.sdkPlan, script);
  await bare.turn(promptOf(plain));
  const taken = await inTurn(n, {
    ours: async () => {
      await pause(restMs);
      const marks = await ours.ask(plain);
      return { ms: marks.span('said', 'accepted'), steps: marks.steps(steps) };
    },
    floor: async () => {
      await pause(restMs);
      const turn = await bare.turn(promptOf(plain));
      const marks = new Marks();
      const [asked] = bare.model.asked;
      marks.at('pushed', turn.startedAt);
      marks.at('asked', asked?.at);
      marks.at('answered', asked?.answeredAt);
      marks.at('result', turn.resultAt);
      return { ms: marks.span('pushed', 'result'), steps: marks.steps(floorSteps) };
    },
  });
  return rowOf(`warm answer (${runtime})`, {
    unit: 'ms',
    ours: taken.ours.map((one) => one.ms),
    floor: taken.floor.map((one) => one.ms),
    steps: taken.ours.map((one) => one.steps),
    floorSteps: taken.floor.map((one) => one.steps),
  });
}
