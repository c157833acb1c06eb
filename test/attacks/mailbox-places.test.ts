// Whatever the agent puts where the directories of its mailbox were: the host passes it by, says so, and serves the others.
import { lstatSync, mkdirSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { eventually } from '../eventually.ts';
import { plant } from '../fixtures/hostile-directory.ts';
import { evil, other, Siege } from './siege.ts';

const places = ['results', 'messages', 'tasks', 'acks'];

/** Shell that makes `$p` be something else. `$OUT` is a tree of somebody else's on the host, unseen from inside. */
const kinds = {
  'a link to a directory outside': 'ln -s "$OUT" $p',
  'a link to the same place of another group': 'ln -s ../other/$p $p',
  'a link up to all mailboxes': 'ln -s .. $p',
  'a dangling link': 'ln -s "$OUT/nothing" $p',
  'a link to itself': 'ln -s $p $p',
  'a pipe': 'mkfifo $p',
  'a socket': `node -e "require('net').createServer().listen('$p', () => process.kill(process.pid, 9))" || true`,
  'a plain file': 'echo "{}" > $p',
  nothing: 'true',
};

let siege: Siege;
beforeAll(async () => {
  siege = await Siege.open();
});
afterAll(() => siege[Symbol.asyncDispose]());

/** The agent can still be talked to, ask for things, and leave results. */
async function allIsWell(): Promise<void> {
  expect(await siege.use('mcp__nanoclaw__send_message', { text: 'still here' })).toContain('Stored for delivery');
  expect(siege.house.heard(evil).slice(-2)[0]).toBe('still here');
  siege.look();
  await eventually('results to be taken', () => readdirSync(join(siege.mailbox, 'results')).length === 0);
}

describe('a directory of the mailbox replaced by', () => {
  test.each(Object.entries(kinds))('%s leads the host nowhere, and nobody else waits', async (kind, shell) => {
    const before = siege.picture();
    const since = siege.house.log.length;
    const all = [...places, 'status.json'].join(' ');
    const attack = await siege.hold(
      `cd /workspace/ipc; OUT=${siege.outside}; for p in ${all}; do mv $p .kept-$p; ${shell}; done`,
      `cd /workspace/ipc; for p in ${all}; do rm -rf $p; mv .kept-$p $p; done`,
    );
    for (let looks = 0; looks < 3; looks++) {
      siege.look();
      await siege.askNeighbour();
    }
    expect(siege.picture()).toEqual(before);
    // What is simply not there is no attack.
    for (const place of kind === 'nothing' ? [] : places) {
      await eventually(`a word about ${place}`, () => siege.logged({ group: 'evil', place }, since).length > 0);
    }
    await attack.end();
    await allIsWell();
    expect(siege.picture()).toEqual(before);
  });
});

test('the host’s own places cannot be replaced from inside, nor can links or devices be carried in', async () => {
  const tries = [
    'mv /workspace/ipc/input /workspace/ipc/x',
    'rm -r /workspace/ipc/replies',
    'touch /workspace/ipc/input/x',
    'mv /workspace/ipc /workspace/x',
    'umount /workspace/ipc/input',
    'ln /workspace/global/CLAUDE.md /workspace/ipc/results/x.json',
    'ln /run/gw/gw.sock /workspace/ipc/results/x.json',
    'ln /workspace/ipc/input/* /workspace/ipc/results/x.json',
    'mknod /workspace/ipc/results/x.json c 1 5',
    'ls /workspace/ipc/../errors /workspace/errors /workspace/other',
  ];
  const said = await siege.run(tries.map((one) => `${one} 2>/dev/null; echo $?`).join('\n'));
  expect(said.split('\n').filter((line) => line === '0')).toEqual([]);
  expect(await siege.run('ln /workspace/ipc/status.json /workspace/group/x 2>&1')).toContain(
    'Invalid cross-device link',
  );
  expect(
    await siege.run('echo mine > /workspace/ipc/y && ln /workspace/ipc/y /workspace/ipc/z && ls /workspace/ipc'),
  ).toContain('z');
});

test('a mailbox that leads to another group’s gives nobody that group’s voice', async () => {
  const { house } = siege;
  const attack = await siege.hold(
    'cd /workspace/ipc; mv messages .kept; ln -s ../other/messages messages',
    'cd /workspace/ipc; rm messages; mv .kept messages',
  );
  const id = '3d0a9a0e-2f6f-4d5c-8a49-0d6f7d1b7c21';
  house.drop('other', 'messages', `${id}.json`, { type: 'message', id, chatJid: other, text: 'mine alone' });
  siege.look();
  await eventually('the reply', () => house.reply('other', id));
  siege.look();
  await siege.askNeighbour();
  expect(house.reply('evil', id)).toBeUndefined();
  expect(house.heard(other).filter((text) => text === 'mine alone')).toHaveLength(1);
  expect(house.heard(evil)).not.toContain('mine alone');
  await attack.end();
  await allIsWell();
});

test.each(['a link', 'a dangling link', 'a pipe', 'a socket', 'a directory'] as const)(
  'a host that starts and finds %s where places of a mailbox were makes them anew and touches nothing outside',
  async (kind) => {
    const { house, mailbox, outside } = siege;
    await house.close();
    const before = siege.picture();
    const planted: Disposable[] = [];
    for (const place of [...places, 'input', 'replies', 'status.json']) {
      const path = join(mailbox, place);
      rmSync(path, { recursive: true, force: true });
      if (kind === 'a link' && place !== 'status.json') symlinkSync(outside, path);
      else if (kind !== 'a directory') planted.push(await plant(kind, path, outside));
      else {
        mkdirSync(path);
        writeFileSync(join(path, 'x.json'), '{}');
      }
    }
    await house.open();
    await siege.warmNeighbour();
    await allIsWell();
    expect(siege.picture()).toEqual(before);
    for (const place of [...places, 'input', 'replies']) {
      expect(lstatSync(join(mailbox, place)).isDirectory(), place).toBe(true);
    }
    for (const one of planted) one[Symbol.dispose]();
  },
);
