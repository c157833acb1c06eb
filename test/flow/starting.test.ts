// A host that is still starting: its image is built, which takes minutes. What other terminals are told, and how it is ended.
import { chmodSync, existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { eventually } from '../eventually.ts';
import { Machine } from '../fixtures/machine.ts';

/** Its engine builds without end, with a program and a child of that. */
function slowMachine(): Machine {
  const machine = new Machine({ settings: { CONTAINER_RUNTIME: 'docker' } });
  const docker = join(machine.bin, 'docker');
  const script = [
    'case "$*" in',
    '"image inspect"*nanoclaw-agent*) exit 1 ;;',
    'build*|"buildx build"*) echo "Step 2/3 : RUN install everything"; sleep 86401 & sleep 86402 ;;',
    'esac',
  ];
  writeFileSync(docker, `#!/bin/sh\n${script.join('\n')}\n`);
  chmodSync(docker, 0o755);
  return machine;
}

const building = (machine: Machine) =>
  machine.processes().filter(({ command }) => /sleep 8640[12]/.test(command)).length;
const isBuilding = (machine: Machine) => eventually('the build to run', () => building(machine) === 2, 60_000);
const says = /The host is starting \(pid \d+, since \d\d:\d\d:\d\d\): building the agent image \(\d+ s\)/;

test('other commands say that a host is starting and what it does, and stop ends it with all it has begun', async () => {
  await using machine = slowMachine();
  const host = machine.start(['start', '--no-chat']);
  await isBuilding(machine);
  const [status, doctor, second] = await Promise.all([
    machine.run(['status']),
    machine.run(['doctor', '--json']),
    machine.run(['start', '--no-chat']),
  ]);
  expect(status).toMatchObject({ code: 3, stdout: '', stderr: expect.stringMatching(says) });
  expect(JSON.parse(doctor.stdout)).toContainEqual({
    check: 'host',
    title: 'Host',
    state: 'ok',
    says: expect.stringMatching(says),
  });
  expect(second).toMatchObject({ code: 1, stdout: '', stderr: expect.stringMatching(says) });
  expect(await machine.run(['stop'])).toEqual({ code: 0, stdout: 'Stopped.\n', stderr: '' });
  const ran = await host.ended;
  expect(ran.code).toBe(130);
  expect(ran.stderr).toMatch(/\nStopped\. What was built so far is kept; start again to go on\.\n$/);
  expect(building(machine)).toBe(0);
  expect(existsSync(join(machine.home, 'data', 'starting.sock'))).toBe(false);
  expect((await machine.run(['status'])).stderr).toContain('No host is running here');
});

test('chat waits for a host that is starting, and ends with it when it is stopped', async () => {
  await using machine = slowMachine();
  const host = machine.start(['start', '--no-chat']);
  await isBuilding(machine);
  const chat = machine.start(['chat', '--once', 'hello']);
  await chat.said('stderr', /Waiting for it …/);
  await machine.run(['stop']);
  expect(await chat.ended).toMatchObject({
    code: 3,
    stdout: '',
    stderr: expect.stringContaining('No host is running'),
  });
  expect((await host.ended).code).toBe(130);
});

test('Ctrl-C while the image is built is answered at once, and nothing of the build goes on', async () => {
  await using machine = slowMachine();
  using terminal = machine.terminal(['start']);
  await terminal.until(/… building the agent image \([2-9] s\)/);
  await isBuilding(machine);
  terminal.type('\u0003');
  await terminal.until(/Stopped\. What was built so far is kept; start again to go on\./);
  expect(await terminal.ended).toBe(130);
  expect(machine.processes()).toEqual([]);
});

test('a start that is killed takes its build with it and is not taken for one that goes on', async () => {
  await using machine = slowMachine();
  const host = machine.start(['start', '--no-chat']);
  await isBuilding(machine);
  host.kill();
  await host.ended;
  await eventually('its build to end', () => building(machine) === 0);
  expect(await machine.run(['status'])).toMatchObject({
    code: 3,
    stderr: expect.stringContaining('No host is running'),
  });
  const again = machine.start(['start', '--no-chat']);
  await isBuilding(machine);
  expect((await machine.run(['stop'])).stdout).toBe('Stopped.\n');
  expect((await again.ended).code).toBe(130);
});
