// What the agent asks the host to send: only a plain file of its own folder leaves, whatever stands at the path it names.
import { execFileSync } from 'node:child_process';
import { linkSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { eventually } from '../eventually.ts';
import { canary, evil, Siege } from './siege.ts';

const sendFile = 'mcp__nanoclaw__send_file';

/** Shell that makes `x` in the agent's folder, or the directory `d` with an `x`. `$OUT` is a tree of somebody else's on the host. */
const kinds = {
  'a link to a file outside': { shell: 'ln -s "$OUT/secret.json" x', path: 'x' },
  'a link to a file of another group': { shell: 'ln -s ../other/CLAUDE.md x', path: 'x' },
  'a link to the database': { shell: 'ln -s ../../store/messages.db x', path: 'x' },
  'a file behind a link to a directory outside': { shell: 'ln -s "$OUT" d', path: 'd/secret.json' },
  'a file behind a link to all groups': { shell: 'ln -s .. d', path: 'd/other/CLAUDE.md' },
  'a file of its own behind a link': { shell: 'mkdir -p real && echo mine > real/x && ln -s real d', path: 'd/x' },
  'a dangling link': { shell: 'ln -s "$OUT/nothing" x', path: 'x' },
  'a link to itself': { shell: 'ln -s x x', path: 'x' },
  'a link to a device': { shell: 'ln -s /dev/zero x', path: 'x' },
  'a file with two names': { shell: 'echo mine > y; ln y x', path: 'x' },
  'a pipe': { shell: 'mkfifo x', path: 'x' },
  'a pipe that somebody writes into': { shell: 'mkfifo x; (cat /dev/zero > x &) 2>/dev/null', path: 'x' },
  'a socket': {
    shell: `node -e "require('net').createServer().listen('x', () => process.kill(process.pid, 9))" || true`,
    path: 'x',
  },
  'a directory': { shell: 'mkdir x', path: 'x' },
  'a file of a gigabyte': { shell: 'truncate -s 1G x', path: 'x' },
  'a name below a file': { shell: 'echo mine > x', path: 'x/y' },
};

const paths = [
  '../other/CLAUDE.md',
  '../../other-group/secret',
  'd/../../other/CLAUDE.md',
  '/workspace/group/../other/CLAUDE.md',
  '/workspace/groups/CLAUDE.md',
  '/workspace/global/CLAUDE.md',
  '/workspace/ipc/status.json',
  '/proc/self/environ',
  '/etc/passwd',
  '//etc/passwd',
  '.',
  '..',
  '/',
  '/workspace/group',
  '/workspace/group/',
  'CLAUDE.md/x',
  'CLAUDE.md\u0000.png',
  `${'x'.repeat(300)}`,
  `${'x/'.repeat(2_000)}x`,
];

let siege: Siege;
const sent: { name: string; bytes: string }[] = [];

beforeAll(async () => {
  siege = await Siege.open();
  const { channel } = siege.house;
  const send = channel.send.bind(channel);
  channel.send = async (part, signal) => {
    if (part.file) sent.push({ name: part.file.name, bytes: readFileSync(part.file.path).toString('latin1', 0, 100) });
    return send(part, signal);
  };
});
afterAll(() => siege[Symbol.asyncDispose]());

let before: unknown;
beforeEach(() => {
  before = siege.picture();
  sent.length = 0;
});
afterEach(() => {
  for (const name of ['x', 'y', 'd', 'real']) rmSync(join(siege.folder, name), { recursive: true, force: true });
});

const spool = () => join(siege.house.home, 'data', 'spool');

/** Refused, nothing left, nothing outside read or changed, nobody kept waiting; and the way it should be done still works. */
async function refused(reply: string): Promise<void> {
  expect(reply).toMatch(/\((outside|not_found|not_a_file|too_large|unreadable)\)$/);
  expect(reply).not.toContain(siege.house.home);
  expect(sent).toEqual([]);
  expect(siege.picture()).toEqual(before);
  await siege.askNeighbour();
  await siege.run('rm -rf x d; echo mine > x');
  expect(await siege.use(sendFile, { path: 'x' })).toMatch(/^Stored for delivery as o\d+\.$/);
  await eventually('it to be sent', () => sent.length > 0);
  expect(sent).toEqual([{ name: 'x', bytes: 'mine\n' }]);
}

describe('a file to be sent that is', () => {
  test.each(Object.entries(kinds))('%s is refused', async (_kind, { shell, path }) => {
    const attack = await siege.hold(`OUT=${siege.outside}; ${shell}`, 'true');
    await attack.end();
    await refused(await siege.use(sendFile, { path }));
  });

  test('linked in from outside is refused: the other name might be anybody’s', async () => {
    const canaries = join(siege.outside, 'secret.json');
    linkSync(canaries, join(siege.folder, 'x'));
    before = siege.picture();
    const reply = await siege.use(sendFile, { path: 'x' });
    expect(reply).toContain('(not_a_file)');
    expect(sent).toEqual([]);
    expect(siege.picture()).toEqual(before);
    rmSync(join(siege.folder, 'x'));
    before = siege.picture();
    await refused(reply);
  });

  test('a device is refused without being opened', async () => {
    // Making one takes root, on either side of the wall.
    if (process.getuid?.() === 0) execFileSync('mknod', [join(siege.folder, 'x'), 'c', '1', '5']);
    else mkdirSync(join(siege.folder, 'x'));
    await refused(await siege.use(sendFile, { path: 'x' }));
  });
});

test('no path leads out of the folder', async () => {
  for (const path of paths) {
    expect(await siege.use(sendFile, { path }), path).toMatch(/\((outside|not_found|not_a_file)\)$|do not fit/);
  }
  await refused(await siege.use(sendFile, { path: '../../other-group/secret' }));
});

test('what waits to be sent is seen by no agent', async () => {
  mkdirSync(spool(), { recursive: true, mode: 0o700 });
  writeFileSync(join(spool(), 'waits-to-be-sent'), canary);
  await siege.run('echo > waits-to-be-found');
  const found = await siege.run('find / -name "waits-to-be-*" 2>/dev/null; ls -d /workspace/data* /data 2>&1');
  rmSync(join(spool(), 'waits-to-be-sent'));
  expect(found).toContain('/workspace/group/waits-to-be-found');
  expect(found).not.toContain('waits-to-be-sent');
  expect(statSync(spool()).mode & 0o777).toBe(0o700);
});

test('a flood of large files fills no disk and holds up nobody', async () => {
  const { house } = siege;
  house.channel.shut(evil);
  const request = `{"type":"send_file","chatJid":"${evil}","path":"x","caption":"`;
  const put = `printf '%s%s"}' '${request}' $i > $m/f$i.tmp; mv $m/f$i.tmp $m/f$i.json`;
  const loop = `for i in $(seq 300); do ${put}; done; touch asked`;
  const flood = siege.begin(`truncate -s 49MB x; m=/workspace/ipc/messages; ${loop}`);
  const asked = () => readdirSync(siege.folder).includes('asked');
  while (!asked() || readdirSync(join(siege.mailbox, 'messages')).length > 0) {
    siege.look();
    await siege.askNeighbour();
  }
  const bytes = readdirSync(spool()).reduce((sum, name) => sum + statSync(join(spool(), name)).size, 0);
  expect(bytes).toBeGreaterThan(98_000_000);
  expect(bytes).toBeLessThan(160_000_000);
  house.channel.open(evil);
  await flood.over();
  expect(sent).toHaveLength(3);
});

/** Swaps the file and its directory between plain ones and links to outside, asking for the file all the while. */
const racer = (outside: string) => `
const fs = require('node:fs');
const quiet = (work) => { try { work(); } catch {} };
fs.mkdirSync('d', { recursive: true });
fs.writeFileSync('d/x', 'mine');
fs.symlinkSync('${outside}', 'to-directory');
fs.symlinkSync('${outside}/secret.json', 'to-file');
fs.symlinkSync('${outside}/secret.json', 'd/y');
let asked = 0;
for (let count = 0; !fs.existsSync('go'); count++) {
  quiet(() => fs.renameSync('d', 'real-d'));
  quiet(() => fs.renameSync('to-directory', 'd'));
  quiet(() => fs.renameSync('d', 'to-directory'));
  quiet(() => fs.renameSync('real-d', 'd'));
  quiet(() => fs.renameSync('d/x', 'real-x'));
  quiet(() => fs.renameSync('to-file', 'd/x'));
  quiet(() => fs.renameSync('d/x', 'to-file'));
  quiet(() => fs.renameSync('real-x', 'd/x'));
  if (count % 20 === 0 && fs.readdirSync('/workspace/ipc/messages').length < 20) {
    const request = { type: 'send_file', chatJid: '${evil}', path: asked % 2 ? 'd/secret.json' : 'd/x', caption: String(asked) };
    const name = '/workspace/ipc/messages/race' + asked++ + '.json';
    quiet(() => { fs.writeFileSync(name + '.tmp', JSON.stringify(request)); fs.renameSync(name + '.tmp', name); });
    fs.writeFileSync('asked', String(asked));
  }
}
console.log('raced');
`;

test('a thousand requests for a file that is swapped for links while it is copied send nothing from outside', async () => {
  await siege.run(`echo 0 > asked; cat > race.js <<'END'\n${racer(siege.outside)}\nEND`);
  const race = siege.begin('node race.js');
  const waiting = () => readdirSync(join(siege.mailbox, 'messages')).length;
  const asked = () => Number(readFileSync(join(siege.folder, 'asked'), 'utf8'));
  const enough = () => asked() - waiting() >= 1_000 && sent.length >= 20;
  await eventually('a thousand requests to be served', () => siege.look() ?? enough(), 120_000);
  siege.house.touch('groups', 'evil', 'go');
  expect(await race.over()).toBe('raced');
  expect([...new Set(sent.map((file) => `${file.name}: ${file.bytes}`))]).toEqual(['x: mine']);
  expect(siege.picture()).toEqual(before);
  // The race was really run: of the requests for the plain file some met it, some a link.
  expect(sent.length).toBeLessThan(asked() / 2 - 20);
  console.log(`${asked()} requests, half of them for the file: ${sent.length} files sent`);
  await siege.run('rm -rf go asked race.js d x to-* real-*');
  await eventually('all to be served and sent', () => {
    siege.look();
    const open = siege.house.withStore((store) => store.outbox.openIn(evil));
    return waiting() === 0 && open === 0;
  });
  sent.length = 0;
  await refused(await siege.use(sendFile, { path: 'no-such-file' }));
});
