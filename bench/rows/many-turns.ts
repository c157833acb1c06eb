import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { Store } from '../../src/store/store.ts';
import { type BotApi, openBotApi } from '../../test/fixtures/bot-api/bot-api.ts';
import { checkout } from '../checkout.ts';
import { HostProcess } from '../host-process.ts';
import { type Family, rowOf } from '../row.ts';
import { plain } from '../script.ts';
import { type Snapshot, takeSnapshot } from '../snapshot.ts';
import { telegramSettings } from '../timed-telegram.ts';

const name = 'resident memory over 10 000 turns';
const turns = 10_000;
const everyTurns = 1_000;
const ann = 1;

/**
 * The host's memory after 10 000 turns, beside what it was after 1 000. Real: the host as a process, SQLite, Telegram's
 * channel, bubblewrap and the mailbox. Not real: in the runner's place a program that answers at once, because ten
 * thousand turns of one conversation would measure the SDK's transcript.
 */
export const family: Family = {
  rows: [name],
  long: true,
  async *run({ note }) {
    using snapshot = await takeSnapshot();
    const stub = join(checkout, 'bench', 'programs', 'stub-runner.mjs');
    copyFileSync(stub, join(snapshot.checkout, 'container', 'agent-runner', 'dist', 'index.js'));
    await using api = await openBotApi();
    api.privateChat(api.person('Ann', { id: ann }));
    const settings = { ...telegramSettings(api), ANTHROPIC_API_KEY: 'nobody-asks', LOG_LEVEL: 'warn' };
    await (await HostProcess.start(snapshot, settings)).stop();
    wireAnn(snapshot);
    const host = await HostProcess.start(snapshot, settings);
    const megabytes: number[] = [];
    const answers = answersOf(api);
    for (let turn = 1; turn <= turns; turn++) {
      await api.waitUntilIdle();
      api.say({ chat: ann, text: plain });
      await api.waitFor(`answer ${turn}`, () => answers() >= turn);
      if (turn % everyTurns > 0) continue;
      megabytes.push(host.residentMegabytes());
      note(`${turn} turns: ${host.residentMegabytes().toFixed(1)} MB`);
    }
    await host.stop();
    yield rowOf(name, { unit: 'MB', ours: megabytes.slice(-1), floor: megabytes.slice(0, 1) });
  },
};

/** How many answers have come so far; looks at each call once. */
function answersOf(api: BotApi): () => number {
  let seen = 0;
  let answers = 0;
  return () => {
    for (; seen < api.log.length; seen++) if (/^send(Rich)?Message$/.test(api.log[seen]?.method ?? '')) answers += 1;
    return answers;
  };
}

function wireAnn({ home }: Snapshot): void {
  const store = Store.open(join(home, 'store', 'messages.db'));
  store.chats.see({ jid: `tg:${ann}`, channel: 'telegram', name: 'Ann', isGroup: false });
  store.chats.wire(`tg:${ann}`, 'main');
  store.close();
}
