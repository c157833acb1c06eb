// What the engine itself says of a container of ours: every flag, every mount, and that nobody's secret is in it.
import { realpathSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import {
  checkout,
  containersOf,
  docker,
  dockerSandbox,
  freshImage,
  image,
  inspected,
  installOf,
} from '../fixtures/engine.ts';
import { ScriptedModel } from '../fixtures/scripted-model.ts';
import { type House, openHouse } from '../house.ts';

beforeAll(freshImage);

/** As contract §6 has it: the host's own user, and 1000 where that is root. */
const user = `${process.getuid?.() || 1000}:${process.getgid?.() || 1000}`;
const project = [
  ...['src', 'protocol', 'container', 'setup', 'scripts', 'docs', 'skills', 'groups/main', 'groups/global'],
  ...['package.json', 'README.md', 'AGENTS.md', 'CHANGELOG.md'],
];

async function containerOf(house: House, folder: string): Promise<{ text: string; value: unknown }> {
  const run = house.sandbox.runs.find((one) => one.spec.group === folder);
  const all = await Promise.all((await containersOf(installOf(house))).map(inspected));
  const found = all.find((one) => one.text.includes(`"nanoclaw.run": "${run?.spec.run}"`));
  if (!found) throw new Error(`no container of ${folder}`);
  return found;
}

test('main and another group: every flag of the walls, each its own mounts, and a credential nowhere in them', async () => {
  const secret = ScriptedModel.credential;
  await using model = await ScriptedModel.open();
  await using house = await openHouse({
    sandbox: dockerSandbox,
    upstream: model.upstream,
    settings: { CONTAINER_MEMORY: '1g', CONTAINER_CPUS: '1.5', CONTAINER_PIDS: '300', ANTHROPIC_API_KEY: secret },
  });
  house.group('family', 'tg:2', { requiresTrigger: false });
  house.say('run: env');
  house.say('run: cat /proc/self/environ /proc/1/environ /proc/1/cmdline', { jid: 'tg:2' });
  const answers = [...(await house.hears(1)), ...(await house.hears(1, { jid: 'tg:2' }))];

  expect(model.rehearsal.requests[0]?.headers['x-api-key']).toBe(secret);
  expect(answers[0]).toContain('ANTHROPIC_API_KEY=placeholder');
  expect(answers[1]).toContain('ANTHROPIC_API_KEY=placeholder');
  const main = await containerOf(house, 'main');
  const family = await containerOf(house, 'family');
  for (const text of [...answers, main.text, family.text]) expect(text).not.toContain(secret);

  for (const [folder, { value }] of Object.entries({ main, family })) {
    const run = house.sandbox.runs.find((one) => one.spec.group === folder)?.spec.run;
    expect(value).toMatchObject({
      Name: `/nanoclaw-${installOf(house)}-${folder}`,
      Config: {
        User: user,
        WorkingDir: '/workspace/group',
        Image: image,
        OpenStdin: true,
        Tty: false,
        Labels: { 'nanoclaw.install': installOf(house), 'nanoclaw.group': folder, 'nanoclaw.run': run },
        Env: expect.arrayContaining(['HOME=/home/node', 'CLAUDE_CONFIG_DIR=/home/node/.claude', 'TZ=Europe/Berlin']),
      },
      HostConfig: {
        Init: true,
        AutoRemove: true,
        Privileged: false,
        CapAdd: null,
        CapDrop: ['ALL'],
        SecurityOpt: ['no-new-privileges'],
        ReadonlyRootfs: true,
        NetworkMode: 'none',
        PidMode: '',
        IpcMode: 'private',
        UTSMode: '',
        Devices: [],
        PortBindings: {},
        VolumesFrom: null,
        Memory: 1024 ** 3,
        MemorySwap: 1024 ** 3,
        NanoCpus: 1_500_000_000,
        PidsLimit: 300,
        Tmpfs: {
          '/tmp': 'exec',
          '/home/node': expect.stringContaining(`uid=${user.split(':')[0]}`),
          '/home/node/.claude': expect.stringContaining('mode=700'),
        },
      },
      State: { Running: true },
    });
  }
  expect(mountsIn(main.value)).toEqual(expectedMounts(house, 'main'));
  expect(mountsIn(family.value)).toEqual(expectedMounts(house, 'family'));
});

test('the image: Node 22 or newer, a user of its own that is not root, no credential and no start but the runner’s', async () => {
  const inside = ['run', '--rm', '--network', 'none', '--entrypoint', 'sh', image, '-c'];
  const [version = '', uid = ''] = (await docker(...inside, 'node --version; id -u')).split('\n');
  expect(Number(/^v(\d+)\./.exec(version)?.[1])).toBeGreaterThanOrEqual(22);
  expect(uid).toBe('1000');
  const { Config } = JSON.parse(await docker('image', 'inspect', '--format', '{"Config":{{json .Config}}}', image));
  expect(Config).toMatchObject({
    User: 'node',
    Entrypoint: ['node', '/app/dist/index.js'],
  });
  expect(JSON.stringify(Config.Env)).not.toMatch(/KEY|TOKEN|SECRET/);
});

function mountsIn(value: unknown): Record<string, unknown> {
  const { Mounts } = value as { Mounts: { Type: string; Source: string; Destination: string; RW: boolean }[] };
  return Object.fromEntries(Mounts.map((one) => [one.Destination, [one.Type, one.Source, one.RW ? 'rw' : 'ro']]));
}

function expectedMounts(house: House, folder: string): Record<string, unknown> {
  const home = (...parts: string[]) => realpathSync(join(house.home, ...parts));
  const isMain = folder === 'main';
  const mount = (source: string, mode: 'rw' | 'ro') => ['bind', source, mode];
  return {
    '/workspace/group': mount(home('groups', folder), 'rw'),
    '/workspace/global': mount(home('groups', 'global'), isMain ? 'rw' : 'ro'),
    '/workspace/ipc': mount(home('data', 'ipc', folder), 'rw'),
    '/workspace/ipc/input': mount(home('data', 'ipc', folder, 'input'), 'ro'),
    '/workspace/ipc/replies': mount(home('data', 'ipc', folder, 'replies'), 'ro'),
    '/home/node/.claude/projects': mount(home('data', 'sessions', folder, 'projects'), 'rw'),
    '/opt/skills': mount(join(checkout, 'container/skills'), 'ro'),
    '/run/gw': mount(home('data', 'gw', folder), 'ro'),
    ...(isMain
      ? Object.fromEntries(project.map((part) => [`/workspace/project/${part}`, mount(join(checkout, part), 'ro')]))
      : {}),
  };
}
