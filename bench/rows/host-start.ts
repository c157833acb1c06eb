import { emptyNode, startBareNode } from '../bare-node.ts';
import { HostProcess } from '../host-process.ts';
import { type Family, inTurn, rowOf } from '../row.ts';
import { type Snapshot, takeSnapshot } from '../snapshot.ts';

const ours = 'host start → ready';
const node = 'node -e 0';

/** The start of the process until the admin socket answers, on a home that was used before; beside Node with a database. */
export const family: Family = {
  rows: [ours, node],
  async *run({ n, wants }) {
    if (wants(ours)) {
      using snapshot = takeSnapshot();
      const taken = await inTurn(n, {
        ours: () => startAndStop(snapshot),
        floor: async () => {
          const bare = await startBareNode(snapshot.home);
          await bare.end();
          return bare.readyMs;
        },
      });
      yield rowOf(ours, { unit: 'ms', ...taken });
    }
    if (wants(node)) {
      const taken = await inTurn(n, { ours: emptyNode, floor: () => 0 });
      yield rowOf(node, { unit: 'ms', ours: taken.ours });
    }
  },
};

async function startAndStop(snapshot: Snapshot): Promise<number> {
  const host = await HostProcess.start(snapshot);
  await host.stop();
  return host.readyMs;
}
