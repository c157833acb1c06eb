import { startBareNode } from '../bare-node.ts';
import { HostProcess, residentMegabytes } from '../host-process.ts';
import { pause } from '../moment.ts';
import { type Family, rowOf } from '../row.ts';
import { takeSnapshot } from '../snapshot.ts';

const restMs = 10_000;
/** Each takes as long as the rest, and they hardly differ. */
const mostSamples = 5;

/** The host 10 s after its start, nobody having said anything; beside Node with a database, at the same time. */
export const family: Family = {
  rows: ['resident memory'],
  async *run({ n }) {
    using snapshot = takeSnapshot();
    const ours: number[] = [];
    const floor: number[] = [];
    for (let i = 0; i < Math.min(n, mostSamples); i++) {
      const [host, bare] = await Promise.all([HostProcess.start(snapshot), startBareNode(snapshot.home)]);
      await pause(restMs);
      ours.push(host.residentMegabytes());
      floor.push(residentMegabytes(bare.child));
      await Promise.all([host.stop(), bare.end()]);
    }
    yield rowOf('resident memory', { unit: 'MB', ours, floor });
  },
};
