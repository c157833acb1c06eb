// What a person can get wrong, and what a machine can lack: a sentence that says the cure, and nothing lost.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { Machine } from '../fixtures/machine.ts';
import { ready } from '../fixtures/runner.ts';

const local = { CONTAINER_RUNTIME: 'local' };
await ready();

test('an invalid setting stops the start with a sentence that names the variable, wherever it stands', async () => {
  await using machine = new Machine();
  const invalid: [Record<string, string>, RegExp][] = [
    [{ CONTAINER_CPUS: 'many' }, /^nanoclaw: CONTAINER_CPUS in the environment is not valid: /],
    [{ CONTAINER_PIDS: '100' }, /^nanoclaw: CONTAINER_PIDS in the environment is not valid: /],
    [{ CONTAINER_RUNTIME: 'dokcer' }, /^nanoclaw: CONTAINER_RUNTIME in the environment is not valid: .*"docker"/],
    [{ IDLE_TIMEOUT: '-1' }, /^nanoclaw: IDLE_TIMEOUT in the environment is not valid: must be a whole number/],
    [{ TZ: 'Mars/Phobos' }, /^nanoclaw: TZ in the environment is not valid: must be an IANA time zone/],
    [{ ANTHROPIC_BASE_URL: 'localhost:80' }, /^nanoclaw: ANTHROPIC_BASE_URL in the environment is not valid: /],
    [
      { DISK_MIN_FREE: 'a bit' },
      /^nanoclaw: DISK_MIN_FREE in the environment is not valid: must be a size such as 512m/,
    ],
  ];
  for (const [settings, words] of invalid) {
    const ran = await machine.start(['start'], { settings }).ended;
    expect({ settings, ...ran }).toMatchObject({ settings, code: 1, stdout: '', stderr: expect.stringMatching(words) });
    expect(ran.stderr).toContain('docs/reference/settings.md');
    expect(ran.stderr.trim().split('\n')).toHaveLength(1);
  }
  const inFile: [string, RegExp][] = [
    [
      'MAX_CONCURRENT_CONTAINERS=none',
      /^nanoclaw: MAX_CONCURRENT_CONTAINERS in line 1 of \S+ is not valid: must be a whole number/,
    ],
    ['API_KEY=sk-ant-1', /^nanoclaw: API_KEY in .*\.env is not a setting\. Did you mean ANTHROPIC_API_KEY\?/],
    ['NANOCLAW_HOME=/tmp', /^nanoclaw: NANOCLAW_HOME cannot stand in .*\.env/],
  ];
  for (const [line, words] of inFile) {
    writeFileSync(join(machine.home, '.env'), `${line}\n`);
    const ran = await machine.run(['start'], 'hello\n');
    expect({ line, ...ran }).toMatchObject({ line, code: 1, stdout: '', stderr: expect.stringMatching(words) });
  }
  expect(readdirSync(machine.home)).toEqual(['.env']);
});

test('an engine that is installed and does not run: the start stops with the cure, and the weaker wall is never taken silently', async () => {
  const deadEngine = { DOCKER_HOST: 'unix:///nonexistent/docker.sock' };
  await using machine = new Machine({ settings: deadEngine });
  for (const name of ['docker', 'dockerd']) {
    const words =
      'Cannot connect to the Docker daemon at unix:///nonexistent/docker.sock. Is the docker daemon running?';
    writeFileSync(join(machine.bin, name), `#!/bin/sh\necho "${words}" >&2\nexit 1\n`, { mode: 0o755 });
  }
  const ran = await machine.run(['start'], 'hello\n');
  expect(ran).toMatchObject({ code: 1, stdout: '' });
  expect(ran.stderr).toMatch(/^nanoclaw: A container engine is installed \(DOCKER_HOST is .*\) but cannot be used\. /);
  expect(ran.stderr).toMatch(/Start it .*systemctl start docker.*CONTAINER_RUNTIME=local \.\/nanoclaw start\n$/);
  expect(machine.withStore((store) => store.facts.get('runtime'))).toBeUndefined();

  const chosen = await machine.start(['start'], { settings: local });
  chosen.end('hello\n');
  expect(await chosen.ended).toMatchObject({ code: 0, stdout: expect.stringMatching(/^Hello!/) });
  expect(machine.withStore((store) => store.facts.get('runtime'))).toBeUndefined();
});

test('two hosts started at the same moment on one home: one runs, the other says so and leaves it alone', async () => {
  await using machine = new Machine({ settings: local });
  const both = [machine.start(['start', '--no-chat']), machine.start(['start', '--no-chat'])];
  const refused = await Promise.race(both.map((one) => one.ended));
  expect(refused).toMatchObject({ code: 1, stdout: '' });
  expect(refused.stderr).toMatch(
    /^nanoclaw: (A host is already running here \(pid \d+\)|Another host already runs on this home, or is still starting or ending|The host is starting \(pid \d+, since [\d:]+\))\./,
  );
  expect(refused.stderr).toContain('./nanoclaw stop');
  await Promise.any(both.map((one) => one.said('stderr', /the built-in rehearsal model answers/)));
  expect(await machine.run(['chat', '--once', 'hello'])).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(/^Hello!/),
  });
});

test('a line of ten megabytes becomes a file that the prompt names, one over 32 MB is refused, and the others are answered', async () => {
  await using machine = new Machine({ settings: local });
  const long = `begin ${'x'.repeat(10_000_000 - 10)} end`;
  const lines = [long, 'y'.repeat(33 * 1024 * 1024), 'run: wc -c < attachments/*.txt', 'hello'];
  const ran = await machine.run(['start'], `${lines.join('\n')}\n`);
  expect(ran.stderr).toContain('Line 2 was not sent: it is longer than 32 MB. Put it into a file and name the file.\n');
  const [first = '', second, third] = ran.stdout.split('\n\n— rehearsal model\n');
  expect({ second, third, code: ran.code }).toEqual({
    second: String(long.length),
    third: expect.stringMatching(/^Hello!/),
    code: 1,
  });
  const [name = '', ...others] = readdirSync(join(machine.home, 'groups', 'main', 'attachments'));
  expect(others).toEqual([]);
  expect(readFileSync(join(machine.home, 'groups', 'main', 'attachments', name), 'utf8') === long).toBe(true);
  expect(first.length).toBeLessThan(5_000);
  expect(first).toMatch(/^You said: begin x+/);
  expect(first).toContain(
    `this message has ${long.length} characters; all of it is in /workspace/group/attachments/${name}]`,
  );
});
