import { type BotApi, openBotApi } from '../../test/fixtures/bot-api/bot-api.ts';
import { emptyNode, startBareNode } from '../bare-node.ts';
import { HostProcess } from '../host-process.ts';
import { momentOf, now } from '../moment.ts';
import { type Family, inTurn, rowOf } from '../row.ts';
import { type Snapshot, takeSnapshot } from '../snapshot.ts';
import { telegramSettings } from '../timed-telegram.ts';

const polling = 'host start → channels polling';
const socket = 'host start → admin socket';
const node = 'node -e 0';

/**
 * The start of the process until Telegram (on loopback) has its first poll and the admin socket answers, on a home that
 * was used before; beside Node with a database.
 */
export const family: Family = {
  rows: [polling, socket, node],
  async *run({ n, wants }) {
    if (wants(polling) || wants(socket)) {
      using snapshot = await takeSnapshot();
      await using api = await openBotApi({ now });
      const taken = await inTurn(n, {
        ours: () => startAndStop(snapshot, api),
        floor: async () => {
          const bare = await startBareNode(snapshot.home);
          await bare.end();
          return bare.readyMs;
        },
      });
      const { floor } = taken;
      yield rowOf(polling, { unit: 'ms', ours: taken.ours.map((one) => one.pollingMs), floor });
      yield rowOf(socket, { unit: 'ms', ours: taken.ours.map((one) => one.readyMs), floor });
    }
    if (wants(node)) {
      const taken = await inTurn(n, { ours: emptyNode, floor: () => 0 });
      yield rowOf(node, { unit: 'ms', ours: taken.ours });
    }
  },
};

async function startAndStop(snapshot: Snapshot, api: BotApi): Promise<{ pollingMs: number; readyMs: number }> {
  const before = api.calls('getUpdates').length;
  const host = await HostProcess.start(snapshot, telegramSettings(api));
  const poll = await api.waitFor('the first poll', () => api.calls('getUpdates')[before]);
  await host.stop();
  return { pollingMs: momentOf(poll.at) - host.startedAt, readyMs: host.readyMs };
}
