// The race that checking by path loses: what was a directory when it was looked at is a link when it is used.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, inject, test } from 'vitest';
import { eventually } from '../eventually.ts';
import { canary, evil, Siege } from './siege.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** How often the host works in the mailbox meanwhile. */
    looks: number;
  }
}

const swaps = 10_000;

/**
 * Renames each place between a real directory, which it fills with requests and results, and links to a tree outside and to
 * another group's mailbox, `swaps` times and then until `go` is there; the count goes to /workspace/group/swapped.
 */
const racer = (outside: string) => `
const fs = require('node:fs');
process.chdir('/workspace/ipc');
const places = ['results', 'messages', 'tasks', 'acks'];
const quiet = (work) => { try { work(); } catch {} };
for (const place of places) {
  fs.symlinkSync('${outside}/' + (place === 'results' ? 'results' : 'messages'), 'link-' + place);
  fs.symlinkSync('../other/' + place, 'other-' + place);
}
fs.symlinkSync('${outside}/status.json', 'link-status.json');
let count = 0;
for (; count < ${swaps} || !fs.existsSync('/workspace/group/go'); count++) {
  const place = places[count % places.length];
  const link = (count % 3 ? 'link-' : 'other-') + place;
  quiet(() => fs.renameSync(place, 'real-' + place));
  quiet(() => fs.renameSync(link, place));
  quiet(() => fs.renameSync(place, link));
  quiet(() => fs.renameSync('real-' + place, place));
  if (count % 100 === 0) {
    const request = { type: 'message', chatJid: '${evil}', text: 'swap ' + count };
    quiet(() => fs.writeFileSync('messages/x' + count + '.json', JSON.stringify(request)));
    quiet(() => fs.writeFileSync('results/x' + count + '.json', 'no'));
    quiet(() => fs.renameSync('link-status.json', 'status.json'));
    quiet(() => fs.renameSync('status.json', 'link-status.json'));
  }
  if (count % 500 === 0) fs.writeFileSync('/workspace/group/swapped', String(count));
}
fs.writeFileSync('/workspace/group/swapped', String(count));
console.log('raced');
`;

test(`${swaps} swaps of the mailbox’s directories against a host that works in them lead it nowhere`, async () => {
  await using siege = await Siege.open();
  const { house } = siege;
  const before = siege.picture();
  const swapped = () => Number(readFileSync(join(siege.folder, 'swapped'), 'utf8') || 0);
  await siege.run(`cat > race.js <<'END'\n${racer(siege.outside)}\nEND\necho 0 > swapped`);
  const race = siege.begin('node race.js');
  let looks = 0;
  // The racer's Bash ends it after ten minutes.
  const enough = performance.now() + 400_000;
  while (swapped() < swaps || (looks < inject('looks') && performance.now() < enough)) {
    for (let many = 0; many < 50; many++, looks++) {
      siege.look();
      await new Promise((resolve) => setImmediate(resolve));
    }
    await siege.askNeighbour();
  }
  house.touch('groups', 'evil', 'go');
  expect(await race.over()).toBe('raced');
  expect(siege.picture()).toEqual(before);
  expect(house.heard().concat(house.heard(evil)).join()).not.toContain(canary);
  // The race was really run: the host met both sides of it.
  const met = siege.logged({ group: 'evil', msg: 'the mailbox is not as it should be; this place was passed over' });
  expect(met.length).toBeGreaterThan(100);
  await eventually('a request of the racer to be served', () =>
    house.heard(evil).some((text) => /^swap \d+$/.test(text)),
  );
  console.log(`${swapped()} swaps, ${looks} looks of the host, ${met.length} of them at a link`);

  await siege.run('rm -f link-* other-*; ls -l /workspace/ipc');
  expect(await siege.use('mcp__nanoclaw__send_message', { text: 'as it should be' })).toContain('Stored for delivery');
});
