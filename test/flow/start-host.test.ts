// A host that stays: joined, asked, stopped, killed.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { callTool, say } from '../../src/gateway/rehearsal/reply.ts';
import { eventually } from '../eventually.ts';
import { Machine } from '../fixtures/machine.ts';
import { listeningPorts, treeOf } from '../fixtures/processes.ts';
import { ready } from '../fixtures/runner.ts';
import { ScriptedModel } from '../fixtures/scripted-model.ts';

const local = { settings: { CONTAINER_RUNTIME: 'local' } };
await ready();

test('a running host is joined by start and by chat, told about by status, never doubled, and ended by stop', async () => {
  await using machine = new Machine(local);
  const host = await machine.host();
  const status = await machine.run(['status', '--json']);
  expect(status).toMatchObject({ code: 0, stderr: '' });
  const told = JSON.parse(status.stdout);
  expect(told).toMatchObject({
    home: machine.home,
    credential: 'rehearsal',
    sandbox: { runtime: 'local', class: 'local', state: 'ready' },
    containers: [],
  });

  const [joined, doubled, asked] = await Promise.all([
    machine.run(['start'], 'hello\n'),
    machine.run(['start', '--no-chat']),
    machine.run(['chat', '--once', 'run: uname -n']),
  ]);
  expect(joined).toMatchObject({ code: 0, stdout: expect.stringMatching(/^Hello!/m) });
  expect(joined.stderr).toContain(`Joined the host that is already running (pid ${told.pid}).\n`);
  expect(doubled).toMatchObject({ code: 1, stdout: '' });
  expect(doubled.stderr).toContain(`A host is already running here (pid ${told.pid}). Stop it first: ./nanoclaw stop.`);
  expect(asked).toMatchObject({ code: 0, stdout: expect.stringMatching(/^sandbox-[0-9a-f]{8}$/m) });

  const again = await machine.status();
  expect(again).toMatchObject({ pid: told.pid, containers: [{ state: 'idle' }] });
  expect(await machine.run(['stop'])).toEqual({ code: 0, stdout: 'Stopped.\n', stderr: '' });
  expect((await host.ended).code).toBe(0);
  expect(machine.processes()).toEqual([]);
  expect(await machine.run(['status'])).toMatchObject({ code: 3, stdout: '' });
});

test('SIGTERM ends a host in good order while its container is idle, and the next start works', async () => {
  await using machine = new Machine(local);
  for (const answer of [/^Hello!/, /^Hello!/]) {
    const host = await machine.host();
    expect((await machine.run(['chat', '--once', 'hello'])).stdout).toMatch(answer);
    process.kill((await machine.status()).pid, 'SIGTERM');
    expect(await host.ended).toMatchObject({ code: 0, stdout: '' });
    expect(machine.processes()).toEqual([]);
  }
  machine.withStore((store) => expect(store.inbox.counts()).toMatchObject({ waiting: 0, claimed: 0, dead: 0 }));
});

test('no TCP port is opened, neither by a host at rest nor during a streamed turn', async () => {
  const control = spawn(process.execPath, [
    '-e',
    'net.createServer().listen(0, "127.0.0.1", () => console.log("listens"))',
  ]);
  onTestFinished(() => void control.kill());
  await once(control.stdout, 'data');
  expect(listeningPorts(treeOf(control.pid ?? 0))).toHaveLength(1);

  await using machine = new Machine(local);
  await machine.host();
  const { pid } = await machine.status();
  expect(listeningPorts(treeOf(pid))).toEqual([]);
  // Longer than any looks take.
  const counting = machine.start(['chat', '--once', 'count: 1000']);
  // Claude Code itself, inside its sandbox.
  const working = () => machine.processes().some(({ command }) => /claude\b.*stream-json/.test(command));
  await eventually('the agent to work', working, 120_000);
  for (const _look of [1, 2, 3]) {
    expect(listeningPorts(treeOf(pid))).toEqual([]);
    expect((await machine.status()).containers).toMatchObject([{ state: 'busy' }]);
  }
  expect((await machine.run(['stop', '--now'])).code).toBe(0);
  expect(await counting.ended).toMatchObject({ code: 1, stdout: '' });
});

test('a host killed with -9 in the middle of a turn takes its sandbox along, and the next one answers the message', async () => {
  await using model = await ScriptedModel.open();
  await using machine = new Machine({ settings: { CONTAINER_RUNTIME: 'local', ...model.settings } });
  model.rehearsal.script = () => callTool('Bash', { command: 'touch began; sleep 3600' });
  const host = await machine.host();
  const { pid } = await machine.status();
  const asked = machine.start(['chat', '--once', 'hello']);
  const began = join(machine.home, 'groups', 'main', 'began');
  await asked.until('the tool runs', () => existsSync(began));
  process.kill(pid, 'SIGKILL');
  expect((await host.ended).code).not.toBe(0);
  const left = await asked.ended;
  expect(left).toMatchObject({ code: 1, stdout: '' });
  expect(left.stderr).toContain('The host has gone away.');
  await eventually('the sandbox to end with its host', () => machine.processes().length === 0);

  model.rehearsal.script = ({ texts }) => say(`told of the first try: ${texts.join().includes('<earlier_attempt')}`);
  const ran = await machine.run(['start'], 'and again\n');
  expect(ran).toMatchObject({ code: 0, stdout: expect.stringContaining('told of the first try: true') });
  machine.withStore((store) => expect(store.inbox.counts()).toMatchObject({ waiting: 0, claimed: 0, dead: 0 }));
});
