// What stands between a person and a host that runs: a terminal that is not there, and a log that can be read.
import { spawnSync } from 'node:child_process';
import { appendFileSync, existsSync, mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { Machine } from '../fixtures/machine.ts';

const command = fileURLToPath(new URL('../../nanoclaw', import.meta.url));

test('a start without a terminal and without lines says what to use, and starts nothing', async () => {
  await using machine = new Machine();
  const env = { ...process.env, NANOCLAW_HOME: machine.home };
  const ran = spawnSync(command, ['start'], { env, stdio: ['ignore', 'pipe', 'pipe'], encoding: 'utf8' });
  expect(ran).toMatchObject({ status: 1, stdout: '' });
  expect(ran.stderr).toContain('./nanoclaw start --no-chat');
  expect(existsSync(join(machine.home, 'store'))).toBe(false);
});

test('a home that cannot be written is told in a sentence, with the setting that moves it', async () => {
  await using machine = new Machine();
  // A file in the place of the folder: so it is for root too.
  writeFileSync(join(machine.home, 'logs'), '');
  const ran = await machine.run(['start', '--no-chat']);
  expect(ran).toMatchObject({ code: 1, stdout: '', stderr: expect.stringContaining('NANOCLAW_HOME') });
  expect(ran.stderr).not.toContain('    at ');
});

test('a host without a chat says that it runs and where its log is, and logs shows it to a person', async () => {
  await using machine = new Machine({ settings: { CONTAINER_RUNTIME: 'local' } });
  const host = await machine.host();
  await host.said('stderr', /The host is running \(pid \d+\)\. Log: .*nanoclaw\.log/);
  const logs = await machine.run(['logs', '-n', '500']);
  expect(logs).toMatchObject({ code: 0, stderr: '' });
  expect(logs.stdout).toMatch(/^\d\d:\d\d:\d\d info {2}the host is ready/m);
  const examined = await machine.run(['doctor', '--json']);
  const findings = JSON.parse(examined.stdout);
  expect(findings).toContainEqual(expect.objectContaining({ check: 'host', state: 'ok' }));
  expect(findings.map(({ check }: { check: string }) => check)).toEqual(
    expect.arrayContaining([
      'node',
      'files',
      'disk',
      'sandbox',
      'settings',
      'credential',
      'clock',
      'service',
      'channel',
    ]),
  );
});

test('logs -f goes on when the log begins anew, and loses no line', async () => {
  await using machine = new Machine();
  expect(await machine.run(['logs'])).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('There is no log yet'),
  });
  const path = join(machine.home, 'logs', 'nanoclaw.log');
  mkdirSync(join(machine.home, 'logs'));
  const line = (msg: string) => `${JSON.stringify({ level: 30, time: '2026-01-01T10:00:00.000Z', msg })}\n`;
  writeFileSync(`${path}.1`, line('older'));
  writeFileSync(path, `${line('one')}half a`);
  const followed = machine.start(['logs', '-f', '-n', '2']);
  await followed.said('stdout', /info {2}older\n.*info {2}one\n/);
  appendFileSync(path, ' line\n');
  renameSync(path, `${path}.2`);
  writeFileSync(path, line('new'));
  await followed.said('stdout', /half a line\n.*info {2}new\n/);
  followed.kill();
});

test.each(['groups', 'data', 'data/ipc', 'data/sessions', 'data/spool', 'store'])(
  'a file in the place of %s stops the start with its path and what to do',
  async (place) => {
    await using machine = new Machine({ settings: { CONTAINER_RUNTIME: 'local' } });
    mkdirSync(join(machine.home, place, '..'), { recursive: true });
    writeFileSync(join(machine.home, place), '');
    const ran = await machine.run(['start', '--no-chat']);
    expect(ran).toMatchObject({ code: 1, stdout: '', stderr: expect.stringContaining(join(machine.home, place)) });
    expect(ran.stderr).toMatch(/move it away|See that/);
    expect(ran.stderr).not.toContain('    at ');
  },
);
