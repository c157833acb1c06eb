// Whatever the agent puts into its mailbox as a file: only small plain ones are read, the rest is refused, logged and gone.
import { execFileSync } from 'node:child_process';
import { linkSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { eventually } from '../eventually.ts';
import { canary, evil, Siege } from './siege.ts';

const places = ['results', 'messages', 'tasks'];
const id = '5f0c8b0e-8f5e-4c53-a8a7-0b8c7a1d2e3f';

/** Shell that makes `$f`. `$OUT` is a tree of somebody else's on the host, unseen from inside. */
const kinds = {
  'a link to a file outside': 'ln -s "$OUT/secret.json" "$f"',
  'a link to another group’s input': 'ln -s ../../other/input/x.json "$f"',
  'a dangling link': 'ln -s "$OUT/nothing" "$f"',
  'a link to itself': 'ln -s "$f" "$f"',
  'a link to a device': 'ln -s /dev/zero "$f"',
  'a pipe': 'mkfifo "$f"',
  'a pipe that somebody writes into': 'mkfifo "$f"; (cat /dev/zero > "$f" &) 2>/dev/null',
  'a socket': `node -e "require('net').createServer().listen('$f', () => process.kill(process.pid, 9))" || true`,
  'a file of a gigabyte': 'truncate -s 1G "$f"',
  'four megabytes and a byte': 'head -c 4194305 /dev/zero | tr "\\0" " " > "$f"',
  'a name of its own in two places': 'echo "{}" > "$f.tmp"; ln "$f.tmp" "$f"',
  'no JSON': 'echo "{\\"type\\":" > "$f"',
  'JSON of something else': 'echo "[[[[]]]]" > "$f"',
};

const names = {
  'a new line': 'a\nb.json',
  'escape sequences': '\u001b[2J\u001b]0;owned\u0007.json',
  'a carriage return': '\rINFO all is well.json',
  'letters from right to left': '\u202egpj.json',
  'many bytes': `${'中'.repeat(83)}.json`,
  'pairs of surrogates': `${'😀'.repeat(62)}x.json`,
  'leading dots': '...json',
  'a dash': '-rf.json',
  quotes: '"; rm -rf "$HOME"; ".json',
};

let siege: Siege;
beforeAll(async () => {
  siege = await Siege.open();
});
afterAll(() => siege[Symbol.asyncDispose]());

let before: unknown;
let since = 0;
beforeEach(() => {
  before = siege.picture();
  since = siege.house.log.length;
});

afterEach(() => {
  for (const place of places) {
    for (const name of readdirSync(join(siege.mailbox, place))) {
      rmSync(join(siege.mailbox, place, name), { recursive: true });
    }
  }
});

const refusals = () => siege.logged({ group: 'evil', msg: 'a mailbox file was refused' }, since);
const left = () => places.flatMap((place) => readdirSync(join(siege.mailbox, place)));
const kept = () => readdirSync(join(siege.house.home, 'data', 'ipc', 'errors'));

/** Refused and gone, nothing outside read or changed, and the way it should be done still works. */
async function nothingCameOfIt(files: number): Promise<void> {
  siege.look();
  await eventually('all to be refused', () => refusals().length >= files && left().length === 0);
  await siege.askNeighbour();
  expect(siege.picture()).toEqual(before);
  for (const name of kept()) {
    expect(readFileSync(join(siege.house.home, 'data', 'ipc', 'errors', name), 'utf8')).not.toContain(canary);
  }
  expect(siege.house.heard(evil).join()).not.toContain(canary);
  expect(await siege.use('mcp__nanoclaw__send_message', { text: 'as it should be' })).toContain('Stored');
}

describe('a file in the mailbox that is', () => {
  test.each(Object.entries(kinds))('%s is refused and logged', async (_kind, shell) => {
    const attack = await siege.hold(
      `cd /workspace/ipc; OUT=${siege.outside}; for p in ${places.join(' ')}; do f=$p/${id}.json; ${shell}; done`,
      'rm -f /workspace/ipc/*/*.tmp',
    );
    siege.look();
    await siege.askNeighbour();
    await attack.end();
    await nothingCameOfIt(places.length);
  });

  test('linked in from outside is refused: the other name might be anybody’s', async () => {
    for (const place of places) linkSync(join(siege.outside, 'secret.json'), join(siege.mailbox, place, `${id}.json`));
    await nothingCameOfIt(places.length);
  });

  test('a device is refused without being opened', async () => {
    // Making one takes root, on either side of the wall.
    if (process.getuid?.() === 0) {
      for (const place of places) execFileSync('mknod', [join(siege.mailbox, place, `${id}.json`), 'c', '1', '5']);
      await nothingCameOfIt(places.length);
    }
    expect(await siege.run('mknod /workspace/ipc/results/x.json c 1 5 2>&1')).toContain('Operation not permitted');
  });

  test('a directory is refused and left, and those beside it are served', async () => {
    await siege.run(`cd /workspace/ipc; for p in ${places.join(' ')}; do mkdir -p $p/0.json/deep; done`);
    siege.look();
    await eventually('the refusals', () => refusals().length >= places.length);
    expect(await siege.use('mcp__nanoclaw__send_message', { text: 'beside it' })).toContain('Stored for delivery');
    await siege.askNeighbour();
    await siege.run('rm -r /workspace/ipc/*/0.json');
    await nothingCameOfIt(places.length);
  });
});

describe('a file name with', () => {
  test.each(Object.entries(names))('%s is put aside and harms nothing', async (_what, name) => {
    const put = `for (const p of ${JSON.stringify(places)}) fs.writeFileSync('/workspace/ipc/' + p + '/' + name, 'no')`;
    const base64 = Buffer.from(name).toString('base64');
    await siege.run(
      `node -e "const name = Buffer.from('${base64}', 'base64').toString(); ${put.replaceAll('"', '\\"')}"`,
    );
    await nothingCameOfIt(places.length);
    for (const line of siege.house.log.slice(since)) expect(line.trimEnd()).not.toMatch(/\p{Cc}/u);
  });
});
