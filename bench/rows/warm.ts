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

const namesOf = (runtime: Runtime) => ({
  answer: `warm answer over Telegram (${runtime})`,
  own: `warm answer, our own share (${runtime})`,
  typing: `typing shown (${runtime})`,
});

/**
 * Telegram has an update until it has the answer, the container alive; beside the SDK's push until its result. Our own
 * share: what each sample took longer than the one of the SDK that was taken right after it.
 */
export const family: Family = {
  rows: (['local', 'docker'] as const).flatMap((runtime) => Object.values(namesOf(runtime))),
  async *run(bench) {
    for (const runtime of ['local', 'docker'] as const) {
      const names = Object.values(namesOf(runtime));
      if (!names.some(bench.wants)) continue;
      const why = runtime === 'docker' ? whyNoDocker() : undefined;
      if (why === undefined) yield* await warm(runtime, bench);
      else bench.note(`${names.join(', ')}: ${why}`);
    }
  },
};

async function warm(runtime: Runtime, { n }: Bench): Promise<Row[]> {
  await using ours = await TimedHouse.openOnTelegram(runtime, { script });
  await ours.ask(plain);
  await using bare = await BareSdk.open(ours.sdkPlan, script);
  await bare.turn(promptOf(plain));
  const taken = await inTurn(n, {
    ours: async () => {
      await pause(restMs);
      const marks = await ours.ask(plain);
      return { ms: marks.span('said', 'accepted'), typing: marks.span('said', 'typing'), steps: marks.steps(steps) };
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
  const names = namesOf(runtime);
  const floor = taken.floor.map((one) => one.ms);
  const ms = taken.ours.map((one) => one.ms);
  return [
    rowOf(names.answer, {
      unit: 'ms',
      ours: ms,
      floor,
      steps: taken.ours.map((one) => one.steps),
      floorSteps: taken.floor.map((one) => one.steps),
    }),
    rowOf(names.own, { unit: 'ms', ours: ms.map((one, i) => one - (floor[i] ?? Number.NaN)) }),
    rowOf(names.typing, { unit: 'ms', ours: taken.ours.map((one) => one.typing) }),
  ];
}
