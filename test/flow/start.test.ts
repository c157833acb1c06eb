// The first command on a fresh machine without a container engine: the real process, the real choice, the real sandbox.
import { hostname } from 'node:os';
import { expect, test } from 'vitest';
import { Machine } from '../fixtures/machine.ts';
import { ready } from '../fixtures/runner.ts';

const mark = '— rehearsal model';
await ready();

test('two lines without an engine give two answers, the second the sandbox’s own host name, and nothing stays behind', async () => {
  await using machine = new Machine({ withoutEngine: true });
  const ran = await machine.run(['start'], 'hello\nrun: uname -n\n');
  const [hello, name, ...rest] = ran.stdout.split(`\n\n${mark}\n`);
  expect({ hello, name, rest, ...ran }).toMatchObject({
    code: 0,
    hello: expect.stringMatching(/^Hello! I am the rehearsal model/),
    name: expect.stringMatching(/^sandbox-[0-9a-f]{8}$/),
    rest: [''],
  });
  expect(name).not.toBe(hostname());
  expect(ran.stderr).toMatch(/^Andy · group Main · model default · sandbox local, weaker than a container\n/);
  expect(ran.stderr).toContain(
    'No Claude credential yet: the built-in rehearsal model answers. Add a line ANTHROPIC_API_KEY=',
  );
  expect(ran.stderr).toContain('weaker than a container engine');
  expect(ran.stderr.split('\n')).toHaveLength(4);
  expect(machine.processes()).toEqual([]);
  machine.withStore((store) => {
    expect(store.facts.get('runtime')).toBe('local');
    expect(store.inbox.counts()).toMatchObject({ waiting: 0, claimed: 0, dead: 0 });
    expect(store.turns.running()).toEqual([]);
  });
});

test('the conversation goes on at the next start: a command typed again is run again', async () => {
  await using machine = new Machine({ settings: { CONTAINER_RUNTIME: 'local' } });
  for (const count of ['1', '2']) {
    const ran = await machine.run(['start'], 'hello\nrun: echo x >> times; wc -l < times\n');
    expect(ran).toMatchObject({ code: 0 });
    expect(ran.stdout.split(`\n\n${mark}\n`)).toEqual([expect.stringMatching(/^Hello!/), count, '']);
  }
});

test('windows line ends, blank lines and a last line without an end are three answers; what a tool left running ends too', async () => {
  await using machine = new Machine({ settings: { CONTAINER_RUNTIME: 'local' } });
  const left = 'run: setsid sleep 3600 >/dev/null 2>&1 & echo left it';
  const ran = await machine.run(['start'], `hello\r\n\r\n${left}\r\n  \nrun: cat /proc/sys/kernel/hostname`);
  expect(ran.code).toBe(0);
  expect(ran.stdout.split(`\n\n${mark}\n`)).toEqual([
    expect.stringMatching(/^Hello!/),
    'left it',
    expect.stringMatching(/^sandbox-/),
    '',
  ]);
  expect(machine.processes()).toEqual([]);
});
