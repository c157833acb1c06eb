import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { eventually } from '../../test/eventually.ts';
import { openTurnParts } from '../../test/fixtures/turn-parts.ts';
import { Adoption } from './adopt.ts';

const folders = ['anna', 'berta'];

/** Two groups, each with a turn whose container is gone. */
function open() {
  const place = openTurnParts(folders);
  const { store, parts } = place;
  const turns = folders.map((folder) =>
    store.turns.begin({ group: folder, place: { jid: `tg:${folder}`, thread: undefined }, retryOf: undefined }, 1),
  );
  const adoption = new Adoption(parts, () => undefined);
  return { ...place, turns, adoption, inboxBell: parts.inboxBell };
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
