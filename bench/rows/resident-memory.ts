import { openBotApi } from '../../test/fixtures/bot-api/bot-api.ts';
import { startBareNode } from '../bare-node.ts';
import { HostProcess, residentMegabytes, usedMs } from '../host-process.ts';
import { pause } from '../moment.ts';
import { type Family, rowOf } from '../row.ts';
import { takeSnapshot } from '../snapshot.ts';
import { telegramSettings } from '../timed-telegram.ts';

const restMs = 10_000;
const watchMs = 20_000;
/** Each takes half a minute, and they hardly differ. */
const mostSamples = 3;

/**
 * The host with Telegram (on loopback) 10 s after its start, nobody having said anything, and what it uses of one
 * processor in the 20 s that follow; beside Node with a database, at the same time.
 */
export const family: Family = {
  rows: ['resident memory with Telegram', 'idle CPU'],
  async *run({ n }) {
    using snapshot = await takeSnapshot();
    await using api = await openBotApi();
    const memory: Sides = { ours: [], floor: [] };
    const used: Sides = { ours: [], floor: [] };
    for (let i = 0; i < Math.min(n, mostSamples); i++) {
      const settings = telegramSettings(api);
      const [host, bare] = await Promise.all([HostProcess.start(snapshot, settings), startBareNode(snapshot.home)]);
      await pause(restMs);
      memory.ours.push(host.residentMegabytes());
      memory.floor.push(residentMegabytes(bare.child));
      const before = { ours: host.usedMs(), floor: usedMs(bare.child) };
      await pause(watchMs);
      used.ours.push(((host.usedMs() - before.ours) / watchMs) * 100);
      used.floor.push(((usedMs(bare.child) - before.floor) / watchMs) * 100);
      await Promise.all([host.stop(), bare.end()]);
    }
    yield rowOf('resident memory with Telegram', { unit: 'MB', ...memory });
    yield rowOf('idle CPU', { unit: '%', ...used });
  },
};

interface Sides {
  readonly ours: number[];
  readonly floor: number[];
}
