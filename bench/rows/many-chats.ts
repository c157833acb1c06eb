import { BareSdk } from '../bare-sdk.ts';
import { whyNoDocker } from '../docker.ts';
import { type Bench, type Family, inTurn, type Row, rowOf } from '../row.ts';
import { plain, promptOf, script } from '../script.ts';
import { type Runtime, TimedHouse } from '../timed-house.ts';

const chats = 20;
const cap = 5;
/** Each takes half a minute. */
const mostSamples = 2;
const nameOf = (runtime: Runtime) => `twenty chats at once, cap 5 (${runtime})`;

/**
 * Twenty groups are asked at the same time, none has a container and five may live at once: until the last has its answer.
 * Beside twenty cold turns of the bare SDK, each going on with a conversation, five at a time.
 */
export const family: Family = {
  rows: [nameOf('local'), nameOf('docker')],
  async *run(bench) {
    if (bench.wants(nameOf('local'))) yield await manyChats('local', bench);
    if (!bench.wants(nameOf('docker'))) return;
    const why = whyNoDocker();
    if (why === undefined) yield await manyChats('docker', bench);
    else bench.note(`${nameOf('docker')}: ${why}`);
  },
};

async function manyChats(runtime: Runtime, { n }: Bench): Promise<Row> {
  await using ours = await TimedHouse.open(runtime, { script, settings: { MAX_CONCURRENT_CONTAINERS: String(cap) } });
  const jids = Array.from({ length: chats }, (_, i) => `tg:${100 + i}`);
  for (const [i, jid] of jids.entries()) ours.house.group(`group-${i}`, jid, { requiresTrigger: false });
  await ours.ask(plain);
  await ours.endContainer();
  const floor = await Promise.all(jids.slice(0, cap).map(() => BareSdk.open(ours.sdkPlan, script)));
  const taken = await inTurn(Math.min(n, mostSamples), {
    ours: async () => {
      const ms = await ours.askAll(plain, jids);
      await ours.endContainer();
      return ms;
    },
    floor: async () => {
      const startedAt = performance.now();
      await Promise.all(floor.map(coldTurns));
      return performance.now() - startedAt;
    },
  });
  for (const one of floor) await one[Symbol.asyncDispose]();
  return rowOf(nameOf(runtime), { unit: 'ms', ...taken });
}

async function coldTurns(bare: BareSdk): Promise<void> {
  for (let i = 0; i < chats / cap; i++) {
    await bare.turn(promptOf(plain));
    await bare.close();
  }
}
