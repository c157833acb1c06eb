import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import { finished, nanoclaw } from '../../test/fixtures/command.ts';
import { FakeHost } from '../../test/fixtures/fake-host.ts';
import { lockHome } from '../store/lock.ts';

function emptyHome(): string {
  const home = mkdtempSync(join(tmpdir(), 'home-'));
  onTestFinished(() => rmSync(home, { recursive: true, force: true }));
  return home;
}

test('wrong usage is exit code 2: it says what is wrong and shows the usage', async () => {
  const home = emptyHome();
  const wrong: [string[], string][] = [
    [[], 'No command was given.'],
    [['frobnicate'], 'There is no command "frobnicate".'],
    [['groups', 'frobnicate'], 'There is no command "groups frobnicate".'],
    [['groups'], 'No command was given.'],
    [['status', '--frob'], "Unknown option '--frob'."],
    [['status', 'extra'], 'Unexpected argument "extra".'],
    [['groups', 'add', '--jid', 'tg:1'], 'Missing required argument: --name.'],
    [['groups', 'wire', '--jid'], "Option '--jid <value>' argument missing."],
    [['messages', 'list', '--chat', 'tg:1', '--limit', '0'], '--limit must be a number from 1 to 1000.'],
    [['setup', '--step', 'kitchen'], 'Expected one of: container.'],
    [['groups', 'set', 'team'], 'Nothing to change: give at least one option.'],
    [['pair'], 'Missing required positional argument: CHANNEL.'],
    [['chat', '--once', ' '], '--once is empty: give it a message.'],
  ];
  const ran = await Promise.all(wrong.map(([args]) => nanoclaw(home, args)));
  for (const [n, [args, sentence]] of wrong.entries()) {
    expect({ args, ...ran[n] }).toMatchObject({ args, code: 2, stdout: '' });
    expect(ran[n]?.stderr).toContain(sentence);
    expect(ran[n]?.stderr).toContain('USAGE nanoclaw');
    expect(ran[n]?.stderr).not.toContain('\u001b');
  }
});

test('help is on standard output, for the whole and for each command', async () => {
  const home = emptyHome();
  const all = await nanoclaw(home, ['--help']);
  expect(all).toMatchObject({ code: 0, stderr: '' });
  for (const name of [
    'start',
    'chat',
    'status',
    'stop',
    'groups',
    'chats',
    'messages',
    'rehearsal',
    'setup',
    'pair',
    'why',
  ]) {
    expect(all.stdout).toContain(`  ${name}  `);
  }
  const one = await nanoclaw(home, ['groups', 'add', '--help']);
  expect(one.stdout).toContain('USAGE nanoclaw groups add [OPTIONS] --jid=<jid> --name=<name> --folder=<folder>');
  expect((await nanoclaw(home, ['--version'])).stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
});

test('without a host the exit code is 3 and the cure is said', async () => {
  const ran = await nanoclaw(emptyHome(), ['status']);
  expect(ran).toMatchObject({ code: 3, stdout: '' });
  expect(ran.stderr).toMatch(/^nanoclaw: No host is running here .* Start it: \.\/nanoclaw start\.\n$/);
});

test('a host of a terminal that cannot start ends, so that its terminal does not wait for ever', async () => {
  const home = emptyHome();
  using _lock = lockHome(join(home, 'data', 'host.lock'));
  const bin = fileURLToPath(new URL('../../bin/nanoclaw.mjs', import.meta.url));
  const child = spawn(process.execPath, [bin, 'start', '--no-chat'], {
    env: { ...process.env, NANOCLAW_HOME: home, CONTAINER_RUNTIME: 'local' },
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  let said = '';
  child.stderr?.on('data', (data) => (said += String(data)));
  const code = await new Promise((resolve) => child.on('exit', resolve));
  expect({ code, said }).toEqual({ code: 1, said: expect.stringContaining('is still starting or ending') });
}, 20_000);

test('status in words and as JSON', async () => {
  await using host = await FakeHost.open({ pid: 4242 });
  const words = await nanoclaw(host.home, ['status']);
  expect(words.stdout).toBe(
    [
      'Andy is running: version 0.1.0, pid 4242, since 2023-11-14 22:13.',
      `home        ${host.home}`,
      "model       the Agent SDK's default",
      'credential  none: the rehearsal model answers in the terminal',
      'sandbox     docker (engine), ready',
      'channels    terminal open',
      'groups      1',
      'containers  none',
      'waiting     0 to be answered, 0 to be sent, 0 given up',
      '! The disk is nearly full.',
      '',
    ].join('\n'),
  );
  expect(JSON.parse((await nanoclaw(host.home, ['status', '--json'])).stdout)).toMatchObject({ pid: 4242, groups: 1 });
});

test('empty lists say what to do next', async () => {
  await using host = await FakeHost.open();
  expect((await nanoclaw(host.home, ['groups', 'list'])).stdout).toContain('./nanoclaw groups add');
  expect((await nanoclaw(host.home, ['chats', 'list'])).stdout).toContain('./nanoclaw chat');
  expect((await nanoclaw(host.home, ['messages', 'list', '--chat', 'tg:1'])).stdout).toContain('chats list');
  expect((await nanoclaw(host.home, ['groups', 'list', '--json'])).stdout).toBe('[]\n');
});

test('lists are aligned, and what others wrote cannot break them', async () => {
  await using host = await FakeHost.open({
    handlers: {
      'chats.list': () => [
        { jid: 'tg:1', channel: 'telegram', name: 'Ann\n\u001b[31mred', group: null, lastMessageAt: null },
        { jid: 'tg:22222', channel: 'telegram', name: '家族', group: 'family', lastMessageAt: 1_700_000_000_000 },
      ],
      'messages.list': ({ limit }) => [
        { id: 'm1', direction: 'in', sender: 'Ann', text: `two\nlines ${limit}`, at: 1_700_000_000_000, state: 'done' },
      ],
    },
  });
  const chats = await nanoclaw(host.home, ['chats', 'list']);
  expect(chats.stdout.split('\n')).toEqual([
    'JID       NAME         GROUP        LAST MESSAGE',
    'tg:1      Ann [31mred  (not wired)  never',
    'tg:22222  家族         family       2023-11-14 22:13',
    '',
  ]);
  const messages = await nanoclaw(host.home, ['messages', 'list', '--chat', 'tg:1', '--limit', '7']);
  expect(messages.stdout.split('\n')[1]).toBe('m1  2023-11-14 22:13  Ann   done   two lines 7');
});

test('what groups are told reaches the host as it was meant', async () => {
  await using host = await FakeHost.open();
  const base = ['groups', 'add', '--jid', 'tg:1', '--name', 'Family', '--folder', 'family'];
  const more = ['--trigger', '@Home', '--no-trigger-required', '--main', '--model', 'opus', '--egress', 'llm-only'];
  expect((await nanoclaw(host.home, [...base, ...more])).stdout).toBe('Made the group family; tg:1 is wired to it.\n');
  await nanoclaw(host.home, base);
  await nanoclaw(host.home, ['groups', 'wire', '--jid', 'tg:2', '--folder', 'family']);
  await nanoclaw(host.home, ['groups', 'unwire', '--jid', 'tg:2']);
  const plain = { jid: 'tg:1', name: 'Family', folder: 'family' };
  const full = { trigger: '@Home', requiresTrigger: false, isMain: true, model: 'opus', egress: 'llm-only' };
  expect(host.asked.map((one) => one.params)).toEqual([
    { ...plain, ...full },
    plain,
    { jid: 'tg:2', folder: 'family' },
    { jid: 'tg:2' },
  ]);
});

test('what is changed of a group is what was written, no more', async () => {
  await using host = await FakeHost.open();
  expect((await nanoclaw(host.home, ['groups', 'set', 'team', '--model', 'opus'])).stdout).toBe('Changed team.\n');
  await nanoclaw(host.home, ['groups', 'set', 'team', '--no-trigger-required', '--name', 'Team']);
  await nanoclaw(host.home, [
    'groups',
    'set',
    'team',
    '--trigger-required',
    '--trigger',
    '@T',
    '--egress',
    'allowlist',
  ]);
  expect((await nanoclaw(host.home, ['groups', 'remove', 'team'])).stdout).toContain('groups/team stays');
  expect(host.asked.map((one) => one.params)).toEqual([
    { folder: 'team', model: 'opus' },
    { folder: 'team', requiresTrigger: false, name: 'Team' },
    { folder: 'team', requiresTrigger: true, trigger: '@T', egress: 'allowlist' },
    { folder: 'team' },
  ]);
});

test('a code to pair with is shown with the words to write', async () => {
  await using host = await FakeHost.open();
  const ran = await nanoclaw(host.home, ['pair', 'telegram']);
  expect(ran.stdout).toMatch(/on telegram before \d\d:\d\d:\n\n {4}\/pair ABCD2345\n/);
});

test('why tells in lines without control characters, or as JSON', async () => {
  await using host = await FakeHost.open();
  expect((await nanoclaw(host.home, ['why', 'm7'])).stdout).toBe('m7: “hello”\nIt woke [31mthe group.\n');
  const json = JSON.parse((await nanoclaw(host.home, ['why', 'm7', '--chat', 'tg:1', '--json'])).stdout);
  expect(json).toMatchObject({ id: 'm7', decision: 'woke', attempts: [] });
  expect(json).not.toHaveProperty('lines');
});

test('a refusal of the host is one sentence and exit code 1', async () => {
  await using host = await FakeHost.open();
  const ran = await nanoclaw(host.home, ['groups', 'add', '--jid', 'tg:1', '--name', 'x', '--folder', '../up']);
  expect(ran).toMatchObject({ code: 1, stdout: '' });
  expect(ran.stderr).toContain('a folder is letters, digits, - and _');
});

test('stop waits until the host’s process is gone', async () => {
  const process_ = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)']);
  onTestFinished(() => void process_.kill());
  await using host = await FakeHost.open({
    pid: process_.pid ?? 0,
    handlers: {
      stop: (params) => {
        host.asked.push({ method: 'stop', params });
        setTimeout(() => process_.kill(), 200);
        return {};
      },
    },
  });
  const ran = await nanoclaw(host.home, ['stop', '--now']);
  expect(ran).toMatchObject({ code: 0, stdout: 'Stopped.\n', stderr: '' });
  expect(process_.killed).toBe(true);
  expect(host.asked).toEqual([{ method: 'stop', params: { now: true } }]);
});

test('the command works through a symbolic link and from any directory', async () => {
  const home = emptyHome();
  const link = join(home, 'nanoclaw');
  symlinkSync(fileURLToPath(new URL('../../bin/nanoclaw.mjs', import.meta.url)), link);
  const child = spawn(link, ['--version'], { cwd: home });
  expect(await finished(child)).toMatchObject({ code: 0, stderr: '' });
});
