import { mkdirSync, mkdtempSync, realpathSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { judgeMounts, type MountOptions, prepareMounts } from './mounts.ts';

let root: string;
const at = (...parts: string[]) => join(root, ...parts);
beforeEach(() => {
  root = realpathSync(mkdtempSync(join(tmpdir(), 'nanoclaw-mounts-')));
  for (const part of [
    'checkout/src',
    'checkout/.git',
    'checkout/container/skills',
    'checkout/groups/main',
    'gw',
    'shared/a',
  ]) {
    mkdirSync(at(part), { recursive: true });
  }
  for (const part of ['checkout/package.json', 'checkout/.env', 'checkout/secret.txt']) writeFileSync(at(part), '');
  mkdirSync(at('config'));
  const allowedRoots = [{ path: root, allowReadWrite: true }];
  writeFileSync(
    at('config/mount-allowlist.json'),
    JSON.stringify({ allowedRoots, blockedPatterns: [], nonMainReadOnly: false }),
  );
});
afterEach(() => rmSync(root, { recursive: true }));

function prepare(changes: Partial<MountOptions['group']> = {}, others: Partial<MountOptions> = {}) {
  return prepareMounts({
    home: at('checkout'),
    checkout: at('checkout'),
    configDirectory: at('config'),
    gatewayDirectory: at('gw'),
    group: { folder: 'family', isMain: false, mounts: [], ...changes },
    owner: undefined,
    ...others,
  });
}
const table = (mounts: Awaited<ReturnType<typeof prepare>>['mounts']) =>
  Object.fromEntries(mounts.map((m) => [m.target, `${m.readOnly ? 'ro' : 'rw'} ${m.source.slice(root.length)}`]));

test('an ordinary group sees its own places and nothing of the installation', async () => {
  const { mounts, rejected } = await prepare();
  expect(rejected).toEqual([]);
  expect(table(mounts)).toEqual({
    '/workspace/group': 'rw /checkout/groups/family',
    '/workspace/global': 'ro /checkout/groups/global',
    '/workspace/ipc': 'rw /checkout/data/ipc/family',
    '/workspace/ipc/input': 'ro /checkout/data/ipc/family/input',
    '/workspace/ipc/replies': 'ro /checkout/data/ipc/family/replies',
    '/home/node/.claude/projects': 'rw /checkout/data/sessions/family/projects',
    '/opt/skills': 'ro /checkout/container/skills',
    '/run/gw': 'ro /gw',
  });
});

test('main also writes the shared memory and reads the listed parts of the installation that exist', async () => {
  const { mounts } = await prepare({ folder: 'main', isMain: true });
  const seen = table(mounts);
  expect(seen['/workspace/global']).toBe('rw /checkout/groups/global');
  expect(
    Object.keys(seen)
      .filter((target) => target.startsWith('/workspace/project'))
      .sort(),
  ).toEqual([
    '/workspace/project/container',
    '/workspace/project/groups/global',
    '/workspace/project/groups/main',
    '/workspace/project/package.json',
    '/workspace/project/src',
  ]);
  expect(mounts.filter((m) => m.target.startsWith('/workspace/project') && !m.readOnly)).toEqual([]);
});

test('every source exists, the mailbox’s places included', async () => {
  for (const { source } of (await prepare()).mounts) expect(statSync(source)).toBeTruthy();
});

test('a link where the group’s directory should be is refused, not followed', async () => {
  mkdirSync(at('elsewhere'));
  symlinkSync(at('elsewhere'), at('checkout/groups/family'));
  await expect(prepare()).rejects.toMatchObject({ code: 'files.unsafe' });
});

test('a link planted in the mailbox is refused, not followed', async () => {
  await prepare();
  rmSync(at('checkout/data/ipc/family/input'), { recursive: true });
  symlinkSync(at('config'), at('checkout/data/ipc/family/input'));
  await expect(prepare()).rejects.toMatchObject({ code: 'files.unsafe' });
});

test('what the agent writes belongs to its user, the directories above stay the host’s', async () => {
  const host = process.getuid?.() ?? 0;
  const owner = { uid: host || 1000, gid: process.getgid?.() || 1000 };
  mkdirSync(at('checkout/groups/family'));
  writeFileSync(at('checkout/groups/family/CLAUDE.md'), 'from the host');
  await prepare({}, { owner });
  const own = ['groups/family', 'groups/family/CLAUDE.md', 'groups/global', 'data/sessions/family/projects'];
  for (const part of [...own, 'data/ipc/family', 'data/ipc/family/results']) {
    expect(statSync(at('checkout', part)).uid).toBe(owner.uid);
  }
  for (const part of ['groups', 'data', 'data/ipc', 'data/sessions', 'data/sessions/family']) {
    expect(statSync(at('checkout', part)).uid).toBe(host);
  }
});

test('an allowed additional mount is there, a refused one is a sentence and the run still starts', async () => {
  const mounts = [{ hostPath: at('shared'), readonly: false }, { hostPath: '/etc' }];
  const prepared = await prepare({ mounts });
  expect(table(prepared.mounts)['/workspace/extra/shared']).toBe('rw /shared');
  expect(prepared.rejected).toEqual([expect.stringMatching(/^The mount of \/etc is refused: /)]);
});

test.each(['config', 'config/mount-allowlist.json', 'checkout', 'checkout/data', 'checkout/store/messages.db', '.'])(
  'no additional mount shows the host’s own: %s',
  async (part) => {
    mkdirSync(at('checkout/store'));
    writeFileSync(at('checkout/store/messages.db'), '');
    const { rejected } = await prepare({ isMain: true, folder: 'main', mounts: [{ hostPath: at(part) }] });
    expect(rejected).toEqual([expect.stringContaining("host's own")]);
  },
);

test('a source in a directory that an agent can write is refused: it could be exchanged before it is mounted', async () => {
  mkdirSync(at('checkout/groups/work/sub'), { recursive: true });
  const writes = [{ hostPath: at('shared'), readonly: false }];
  const inOwn = await prepare({ mounts: [...writes, { hostPath: at('shared/a') }] });
  const inOther = await prepare(
    { mounts: [{ hostPath: at('shared/a') }] },
    { others: [{ folder: 'work', isMain: false, mounts: writes }] },
  );
  const inGroup = await prepare({ mounts: [{ hostPath: at('checkout/groups/work/sub') }] });
  for (const { rejected } of [inOwn, inOther, inGroup]) {
    expect(rejected).toEqual([expect.stringContaining('an agent can write')]);
  }
});

test('two additional mounts never share a place', async () => {
  mkdirSync(at('other/shared'), { recursive: true });
  const mounts = [{ hostPath: at('shared') }, { hostPath: at('other/shared') }];
  expect((await prepare({ mounts })).rejected).toEqual([expect.stringContaining('taken')]);
});

test('a mount that the run’s user may not write is told with the command that lets them', () => {
  const judge = (owner: MountOptions['owner']) =>
    judgeMounts({
      home: at('checkout'),
      configDirectory: at('config'),
      group: { isMain: true, mounts: [{ hostPath: at('shared'), readonly: false }] },
      owner,
    });
  const { uid } = statSync(at('shared'));
  expect(judge({ uid: uid + 1, gid: 4_000_000 })[0]?.problem?.cure).toContain(`chown -R ${uid + 1}:4000000`);
  expect(judge({ uid, gid: 4_000_000 })[0]?.problem).toBeUndefined();
  expect(judge(undefined)[0]?.problem).toBeUndefined();
});
