import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { eventually } from '../../test/eventually.ts';
import { tempDirectory } from '../../test/temp-directory.ts';
import { WindableClock } from '../../test/windable-clock.ts';
import { Mailbox } from '../ipc/mailbox.ts';
import { Bell } from '../lib/bell.ts';
import { createLog } from '../lib/log.ts';
import { Store } from '../store/store.ts';
import { Adoption } from './adopt.ts';
import type { TurnParts } from './parts.ts';

const folders = ['anna', 'berta'];

/** Two groups, each with a turn whose container is gone. */
function open() {
  const home = tempDirectory();
  const root = join(home.path, 'ipc');
  const store = Store.open(join(home.path, 'messages.db'));
  const clock = new WindableClock();
  const lines: string[] = [];
  const log = createLog('info', { write: (line: string) => void lines.push(line) });
  const rest = { requiresTrigger: false, model: undefined, egress: 'llm-only' as const, allow: [], mounts: [] };
  const turns = folders.map((folder) => {
    store.groups.save({ folder, name: folder, isMain: folder === 'anna', trigger: '@Andy', ...rest }, 1);
    store.chats.see({ jid: `tg:${folder}`, channel: 'telegram', name: folder, isGroup: false });
    store.chats.wire(`tg:${folder}`, folder);
    for (const place of ['results', 'acks', 'messages', 'tasks']) {
      mkdirSync(join(root, folder, place), { recursive: true });
    }
    return store.turns.begin(
      { group: folder, place: { jid: `tg:${folder}`, thread: undefined }, retryOf: undefined },
      1,
    );
  });
  const inboxBell = new Bell();
  const nothing = () => undefined;
  const refused = () => Promise.reject(new Error('there is nothing to launch'));
  const parts: TurnParts = {
    ...{ store, clock, log, inboxBell, serveRequests: () => 0, setTyping: nothing, onPartial: nothing },
    ...{ onActivity: nothing, streams: () => false, react: nothing, heldBy: nothing },
    desk: { store, clock, outboxBell: new Bell(), limitOf: () => 4_000 },
    launcher: {
      ...{ adopts: true, launch: refused, adopt: refused, remove: refused, leftovers: async () => [] },
      mailboxOf: ({ folder }) => new Mailbox({ root, folder, owner: undefined, log, now: () => clock.now() }),
    },
    settings: {
      ...{ assistantName: 'Andy', timeZone: 'UTC', model: undefined, maxContainers: 1, maxMessagesPerPrompt: 10 },
      ...{ signOfLifeMs: 1, idleMs: 1, maxOutputBytes: 1, prewarm: [] },
    },
  };
  const adoption = new Adoption(parts, nothing);
  const close = () => {
    store.close();
    home[Symbol.dispose]();
  };
  return { root, store, turns, adoption, inboxBell, lines, [Symbol.dispose]: close };
}

/** The living are known: there are none. */
async function searched({ adoption, inboxBell }: ReturnType<typeof open>): Promise<void> {
  await new Promise<void>((resolve) => {
    inboxBell.listen(resolve);
    adoption.search();
  });
}

test('what one group left and cannot be taken holds up no other group, and is tried again', async () => {
  using place = open();
  const { adoption, store, turns, lines } = place;
  const real = store.turns.discard.bind(store.turns);
  store.turns.discard = (id) => {
    if (id === turns[0]) throw new Error('it is stuck');
    real(id);
  };
  store.turns.end = (id) => store.turns.discard(id);
  await searched(place);
  for (let looks = 0; looks < 3; looks++) adoption.recover();
  expect(folders.map((folder) => adoption.holds(folder))).toEqual([true, false]);
  expect(store.turns.running().map((turn) => turn.group_folder)).toEqual(['anna']);
  expect(lines.filter((line) => line.includes('it is stuck'))).toHaveLength(1);
  store.turns.discard = real;
  adoption.recover();
  expect(folders.map((folder) => adoption.holds(folder))).toEqual([false, false]);
  expect(store.turns.running()).toEqual([]);
});

test('a flood that was left behind is taken in small bites, and its group begins nothing before', async () => {
  using place = open();
  const { adoption, root, store } = place;
  const results = join(root, 'anna', 'results');
  for (let n = 0; n < 250; n++) writeFileSync(join(results, `${n}.json`), 'no');
  await searched(place);
  adoption.recover();
  expect(readdirSync(results)).toHaveLength(150);
  expect(folders.map((folder) => adoption.holds(folder))).toEqual([true, false]);
  expect(store.turns.running().map((turn) => turn.group_folder)).toEqual(['anna']);
  // Whoever has more asks for the next look.
  using _looks = place.inboxBell.listen(() => adoption.recover());
  adoption.recover();
  await eventually('the rest to be taken', () => !adoption.holds('anna'));
  expect(readdirSync(results)).toEqual([]);
  expect(existsSync(join(root, 'errors'))).toBe(true);
  expect(store.turns.running()).toEqual([]);
});
