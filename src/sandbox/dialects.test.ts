import { expect, test } from 'vitest';
import { runArguments } from './arguments.ts';
import { docker, droppedLimit, type PodmanHost, podman } from './dialects.ts';
import type { RunSpec } from './sandbox.ts';

const spec: RunSpec = {
  install: 'a1b2',
  group: 'family',
  run: '0b9c6c0e-0000-4000-8000-000000000000',
  mounts: [{ source: '/h/groups/family', target: '/workspace/group', readOnly: false }],
  environment: {},
  user: { uid: 1000, gid: 1001 },
  limits: { memory: '2g', cpus: 1.5, pids: 512 },
};
const line = (host: PodmanHost) =>
  runArguments(spec, { dialect: podman(host), image: 'nanoclaw-agent:latest', environmentFile: '/x/env' }).join(' ');

const processLimits = [
  'Limit                     Soft Limit           Hard Limit           Units     ',
  'Max processes             96365                96365                processes ',
  'Max open files            1024                 20000                files     ',
].join('\n');

test('podman’s whole command line, word for word', () => {
  expect(line({ rootless: false, processLimits })).toBe(
    'run -d -i --init --pull never --name nanoclaw-a1b2-family ' +
      '--label nanoclaw.install=a1b2 --label nanoclaw.group=family --label nanoclaw.run=0b9c6c0e-0000-4000-8000-000000000000 ' +
      '--network none --user 1000:1001 --workdir /workspace/group --read-only --tmpfs /tmp:exec ' +
      '--tmpfs /home/node:mode=700,U,exec --tmpfs /home/node/.claude:mode=700,U ' +
      '--cap-drop ALL --security-opt no-new-privileges ' +
      '--memory 2g --memory-swap 2g --cpus 1.5 --pids-limit 512 ' +
      '--read-only-tmpfs=false --security-opt label=disable --stop-timeout 0 ' +
      '--ulimit nofile=20000:20000 --ulimit nproc=32768:32768 ' +
      '--log-driver k8s-file --log-opt max-size=5m ' +
      '--mount type=bind,source=/h/groups/family,target=/workspace/group ' +
      '--env-file /x/env nanoclaw-agent:latest',
  );
});

test('an ordinary user’s runs are that user outside too', () => {
  expect(line({ rootless: true, processLimits })).toContain('--userns keep-id');
  expect(line({ rootless: false, processLimits })).not.toContain('--userns');
});

test('limits of the host that are none leave podman’s own, and a host that does not tell leaves them alone', () => {
  const unlimited = processLimits.replace(/96365|20000/g, 'unlimited');
  expect(line({ rootless: false, processLimits: unlimited })).toContain('nofile=1048576:1048576 --ulimit nproc=32768');
  expect(line({ rootless: false, processLimits: undefined })).not.toContain('ulimit');
});

test.each([
  ['Resource limits are not supported and ignored on cgroups V1 rootless systems', true],
  [
    'WARNING: Your kernel does not support pids limit capabilities or the cgroup is not mounted. PIDs limit discarded.',
    true,
  ],
  ['WARNING: Your kernel does not support swap limit capabilities. Memory limited without swap.', false],
  ['', false],
])('a limit that an engine says it does not keep is noticed: %s', (warning, noticed) => {
  expect(droppedLimit(spec.limits, `something else\n${warning}\n`) !== undefined).toBe(noticed);
  expect(droppedLimit(undefined, warning)).toBeUndefined();
});

test('a container that runs is told from one that does not, in each engine’s words', () => {
  expect(['running', 'exited', 'created', 'removing'].filter((word) => docker.running.test(word))).toEqual(['running']);
  const { running } = podman({ rootless: false, processLimits });
  const words = ['Up 2 seconds ago', 'running', 'Exited (0) 2 seconds ago', 'Created', 'Removing', 'exited'];
  expect(words.filter((word) => running.test(word))).toEqual(['Up 2 seconds ago', 'running']);
});
