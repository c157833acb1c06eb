import { expect, test } from 'vitest';
import { byTarget, containerName, environmentFile, runArguments } from './arguments.ts';
import { docker } from './dialects.ts';
import type { RunSpec } from './sandbox.ts';

const spec: RunSpec = {
  install: 'a1b2',
  group: 'family',
  run: '0b9c6c0e-0000-4000-8000-000000000000',
  mounts: [
    { source: '/h/ipc/input', target: '/workspace/ipc/input', readOnly: true },
    { source: '/h/groups/family', target: '/workspace/group', readOnly: false },
    { source: '/h/ipc', target: '/workspace/ipc', readOnly: false },
  ],
  environment: { TOKEN: 'secret-value' },
  user: { uid: 1000, gid: 1001 },
  limits: { memory: '2g', cpus: 1.5, pids: 512 },
};
const build = (changes: Partial<RunSpec> = {}) =>
  runArguments({ ...spec, ...changes }, { dialect: docker, image: 'nanoclaw-agent:latest', environmentFile: '/x/env' });

test('the whole command line, word for word', () => {
  expect(build().join(' ')).toBe(
    'run -d -i --init --rm --pull never --name nanoclaw-a1b2-family ' +
      '--label nanoclaw.install=a1b2 --label nanoclaw.group=family --label nanoclaw.run=0b9c6c0e-0000-4000-8000-000000000000 ' +
      '--network none --user 1000:1001 --workdir /workspace/group --read-only --tmpfs /tmp:exec ' +
      '--tmpfs /home/node:uid=1000,gid=1001,mode=700,exec --tmpfs /home/node/.claude:uid=1000,gid=1001,mode=700 ' +
      '--cap-drop ALL --security-opt no-new-privileges ' +
      '--memory 2g --memory-swap 2g --cpus 1.5 --pids-limit 512 ' +
      '--log-driver json-file --log-opt max-size=5m --log-opt max-file=1 ' +
      '--mount type=bind,source=/h/groups/family,target=/workspace/group ' +
      '--mount type=bind,source=/h/ipc,target=/workspace/ipc ' +
      '--mount type=bind,source=/h/ipc/input,target=/workspace/ipc/input,readonly ' +
      '--env-file /x/env nanoclaw-agent:latest',
  );
});

test('no value of the environment is among the arguments', () => {
  expect(build().join(' ')).not.toContain('secret-value');
});

test('the name is made of install and group alone, so that a second run of a group conflicts', () => {
  const nameOf = (args: string[]) => args[args.indexOf('--name') + 1];
  expect(nameOf(build({ run: 'another' }))).toBe(nameOf(build()));
  expect(containerName('a1b2', 'family')).not.toBe(containerName('a1b2', 'work'));
});

test('without limits none is passed', () => {
  expect(build({ limits: undefined }).filter((word) => /memory|cpus|pids/.test(word))).toEqual([]);
});

test.each([
  ['/a/b', 'type=bind,source=/a/b,target=/t'],
  ['/a,readonly=false/b', 'type=bind,"source=/a,readonly=false/b",target=/t'],
  ['/a "b"', 'type=bind,"source=/a ""b""",target=/t'],
  ['/a:b', 'type=bind,source=/a:b,target=/t'],
])('the source %s cannot become another option', (source, expected) => {
  const args = build({ mounts: [{ source, target: '/t', readOnly: false }] });
  expect(args[args.indexOf('--mount') + 1]).toBe(expected);
});

test('outer mounts come before those inside them', () => {
  expect(byTarget(spec.mounts).map((mount) => mount.target)).toEqual([
    '/workspace/group',
    '/workspace/ipc',
    '/workspace/ipc/input',
  ]);
});

test('a run as root is refused', () => {
  expect(() => build({ user: { uid: 0, gid: 0 } })).toThrow(expect.objectContaining({ code: 'sandbox.cannot' }));
});

test.each(['two\nlines', 'carriage\rreturn', 'null\0'])('a value that is not one line is refused: %j', (value) => {
  expect(() => environmentFile({ A: value })).toThrow(expect.objectContaining({ code: 'sandbox.cannot' }));
});

test('every variable is one line, taken literally', () => {
  expect(environmentFile({ A: ' #"$x\\ ', B: '' })).toBe('A= #"$x\\ \nB=\n');
});
