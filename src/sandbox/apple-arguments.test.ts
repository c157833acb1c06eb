import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createArguments, isNewEnough, listed } from './apple-arguments.ts';
import type { RunSpec } from './sandbox.ts';

let directory: string;
beforeEach(() => {
  directory = realpathSync(mkdtempSync(join(tmpdir(), 'nanoclaw-apple-')));
});
afterEach(() => rmSync(directory, { recursive: true }));

const build = (changes: Partial<RunSpec> = {}) => {
  const spec: RunSpec = {
    install: 'a1b2',
    group: 'family',
    run: '0b9c6c0e-0000-4000-8000-000000000000',
    mounts: [{ source: directory, target: '/workspace/group', readOnly: true }],
    environment: { TOKEN: 'secret-value' },
    user: { uid: 501, gid: 20 },
    limits: { memory: '2g', cpus: 2, pids: 512 },
    ...changes,
  };
  return createArguments(spec, { image: 'nanoclaw-agent:latest', environmentFile: '/x/env' });
};

test('the whole command line, word for word', () => {
  expect(build().join(' ')).toBe(
    'create --interactive --remove --init --name nanoclaw-a1b2-family ' +
      '--label nanoclaw.install=a1b2 --label nanoclaw.group=family --label nanoclaw.run=0b9c6c0e-0000-4000-8000-000000000000 ' +
      '--network none --uid 501 --gid 20 --workdir /workspace/group ' +
      '--read-only --tmpfs /tmp --tmpfs /home/node --tmpfs /home/node/.claude --cap-drop ALL ' +
      '--memory 2G --cpus 2 --ulimit nproc=512:512 ' +
      `--mount type=bind,source=${directory},target=/workspace/group,readonly --env-file /x/env nanoclaw-agent:latest`,
  );
});

test.each([
  ['root', { user: { uid: 0, gid: 0 } }],
  ['a part of a processor', { limits: { memory: '1g', cpus: 1.5, pids: 256 } }],
  ['a file as a mount', { mounts: [{ source: process.execPath, target: '/x', readOnly: true }] }],
])('what it cannot do is refused, never left out: %s', (_what, changes) => {
  expect(() => build(changes)).toThrow(expect.objectContaining({ code: 'sandbox.cannot' }));
});

test('a directory with a socket in it is refused: nobody inside could connect to it', async () => {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(join(directory, 'gw.sock'), resolve));
  expect(() => build()).toThrow(
    expect.objectContaining({ code: 'sandbox.cannot', message: expect.stringContaining('socket') }),
  );
  await new Promise((resolve) => server.close(resolve));
});

test.each([
  ['container CLI version 1.2.2 (build: release, commit: abc)', true],
  ['container CLI version 1.1.0', true],
  ['container CLI version 1.0.9', false],
  ['container CLI version 0.12.3', false],
  ['2.0.0', true],
  ['who knows', false],
])('is new enough: %s is %s', (words, enough) => {
  expect(isNewEnough(words)).toBe(enough);
});

test('only containers of ours are listed, in both shapes', () => {
  const configuration = {
    id: 'a',
    labels: { 'nanoclaw.install': 'x', 'nanoclaw.group': 'g', 'nanoclaw.run': 'r' },
  };
  const ours = { id: 'a', name: 'a', install: 'x', group: 'g', run: 'r', running: true };
  const theirs = { status: 'running', configuration: { id: 'b' } };
  expect(listed(JSON.stringify([theirs, { status: 'running', configuration }]))).toEqual([ours]);
  expect(listed(JSON.stringify([{ id: 'a', status: { state: 'running' }, configuration }]))).toEqual([ours]);
});
