import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { MountRequest } from '../model/group.ts';
import { judgeMount, readMountAllowlist } from './mount-allowlist.ts';

let directory: string;
beforeEach(() => {
  directory = realpathSync(mkdtempSync(join(tmpdir(), 'nanoclaw-mounts-')));
  for (const part of ['projects/app', 'projects/.ssh', 'outside', 'docs']) {
    mkdirSync(join(directory, part), { recursive: true });
  }
});
afterEach(() => rmSync(directory, { recursive: true }));

const roots = (readWrite: boolean) => [{ path: '~/projects', allowReadWrite: readWrite }];
const file = { allowedRoots: roots(true), blockedPatterns: ['private', 'work/keys'], nonMainReadOnly: false };

function write(content: unknown): void {
  const text = typeof content === 'string' ? content : JSON.stringify(content);
  writeFileSync(join(directory, 'mount-allowlist.json'), text);
}

function judge(request: Partial<MountRequest>, options: { isMain?: boolean } = {}) {
  const allowlist = readMountAllowlist(directory);
  const whole = { hostPath: '~/projects/app', ...request };
  return judgeMount(whole, { allowlist, isMain: options.isMain ?? true, userHome: directory });
}

describe('without a good allowlist', () => {
  test('a missing file refuses every additional mount', () => {
    expect(judge({})).toMatchObject({ ok: false, why: expect.stringContaining('there is no') });
  });

  test.each([
    ['not JSON', '{'],
    ['not an object', '[]'],
    ['no allowedRoots', { blockedPatterns: [], nonMainReadOnly: true }],
    ['no blockedPatterns', { allowedRoots: [], nonMainReadOnly: true }],
    ['no nonMainReadOnly', { allowedRoots: [], blockedPatterns: [] }],
    ['a wrong type', { ...file, nonMainReadOnly: 'yes' }],
  ])('a broken file refuses every additional mount and is named: %s', (_, content) => {
    write(content);
    expect(judge({})).toMatchObject({ ok: false, why: expect.stringMatching(/mount-allowlist\.json is broken/) });
  });

  test('a repaired file counts at once', () => {
    write('{');
    expect(judge({}).ok).toBe(false);
    write(file);
    expect(judge({}).ok).toBe(true);
  });
});

describe('with an allowlist', () => {
  beforeEach(() => write(file));

  test('the root itself and what lies below it are mounted, under their own or the wished name', () => {
    expect(judge({ hostPath: '~/projects' })).toMatchObject({ mount: { target: '/workspace/extra/projects' } });
    expect(judge({})).toMatchObject({
      mount: { source: join(directory, 'projects/app'), target: '/workspace/extra/app', readOnly: true },
    });
    expect(judge({ containerPath: 'a/b c' })).toMatchObject({ mount: { target: '/workspace/extra/a/b c' } });
  });

  test.each(['', '/abs', '..', 'a/../b', 'a//b', 'a/', './a', 'a:ro'])(
    'the name inside %j is refused',
    (containerPath) => {
      expect(judge({ containerPath }).ok).toBe(false);
    },
  );

  test.each(['~/docs', '~/projects-other', '~', '/', 'projects/app', '~/absent'])('%s is refused', (hostPath) => {
    mkdirSync(join(directory, 'projects-other'));
    expect(judge({ hostPath }).ok).toBe(false);
  });

  test('a link is judged by where it leads', () => {
    symlinkSync(join(directory, 'outside'), join(directory, 'projects/link'));
    symlinkSync(join(directory, 'projects/app'), join(directory, 'shortcut'));
    expect(judge({ hostPath: '~/projects/link' })).toMatchObject({
      ok: false,
      why: expect.stringContaining('no allowed root'),
    });
    expect(judge({ hostPath: '~/shortcut' })).toMatchObject({ mount: { source: join(directory, 'projects/app') } });
  });

  test.each([
    '.ssh',
    '.env',
    '.env.local',
    'credentials',
    'credentials.json',
    'ID_RSA',
    'private_key.pem',
    'private',
    'work/keys',
  ])('the name %s is blocked, and all below it', (name) => {
    mkdirSync(join(directory, 'projects', name, 'deep'), { recursive: true });
    expect(judge({ hostPath: `~/projects/${name}` })).toMatchObject({
      ok: false,
      why: expect.stringContaining('blocked'),
    });
    expect(judge({ hostPath: `~/projects/${name}/deep` }).ok).toBe(false);
  });

  test.each(['my-credentials-app', '.environment', 'privateer', 'sshd', 'work'])(
    'the name %s is not blocked',
    (name) => {
      mkdirSync(join(directory, 'projects', name), { recursive: true });
      expect(judge({ hostPath: `~/projects/${name}` }).ok).toBe(true);
    },
  );

  test('a socket is refused, whatever root it lies in: an engine’s would be the host itself', async () => {
    const path = join(directory, 'projects/docker.sock');
    const server = createServer().listen(path);
    await new Promise((resolve) => server.once('listening', resolve));
    expect(judge({ hostPath: path })).toMatchObject({ ok: false, why: expect.stringContaining('plain file') });
    server.close();
  });
});

test.each([
  { asked: false, root: true, nonMainReadOnly: true, isMain: true, writable: true },
  { asked: false, root: true, nonMainReadOnly: false, isMain: false, writable: true },
  { asked: false, root: true, nonMainReadOnly: true, isMain: false, writable: false },
  { asked: false, root: false, nonMainReadOnly: false, isMain: true, writable: false },
  { asked: true, root: true, nonMainReadOnly: false, isMain: true, writable: false },
  { asked: undefined, root: true, nonMainReadOnly: false, isMain: true, writable: false },
])('writing needs the request, the root and the group: %o', ({ asked, root, nonMainReadOnly, isMain, writable }) => {
  write({ allowedRoots: roots(root), blockedPatterns: [], nonMainReadOnly });
  const judged = judge({ readonly: asked }, { isMain });
  expect(judged).toMatchObject({ ok: true, mount: { readOnly: !writable } });
  expect(judged.ok && judged.note !== undefined).toBe(asked === false && !writable);
});
