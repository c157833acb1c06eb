import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, test } from 'vitest';
import { systemClock } from '../../src/lib/clock.ts';
import { hasCode } from '../../src/model/errors.ts';
import { AppleSandbox } from '../../src/sandbox/apple.ts';
import { eventually } from '../eventually.ts';
import { AppleMachine, appleImage } from '../fixtures/apple-container/machine.ts';
import { sandboxContract } from './sandbox.ts';
import { Bench, onlyOne, processesWith } from './sandbox-bench.ts';

const hostProgram = fileURLToPath(new URL('../fixtures/sandbox-host.ts', import.meta.url));

// The real one needs a Mac. This is its documented surface, and real processes behind it.
describe.runIf(process.platform === 'linux')('Apple container', () => {
  const machine = new AppleMachine();
  afterAll(() => machine[Symbol.dispose]());
  const on = (other: AppleMachine, image = appleImage) =>
    new AppleSandbox({ image, environment: other.environment, clock: systemClock });
  const open = async () => new Bench(() => on(machine));
  sandboxContract({ name: 'container', open, adopts: false });

  test('what is left of a killed host is found, holds its name, and can be removed', async () => {
    await using bench = await open();
    const spec = bench.spec();
    const host = spawn(process.execPath, ['--import', 'tsx', hostProgram], { stdio: ['pipe', 'pipe', 'inherit'] });
    using _host = { [Symbol.dispose]: () => host.kill('SIGKILL') };
    const marker = `left-${bench.install}`;
    const say = JSON.stringify({ do: 'spawn', how: 'setsid', marker });
    const order = { driver: 'container', image: appleImage, environment: machine.environment, spec, say };
    host.stdin.end(JSON.stringify(order));
    for await (const line of createInterface({ input: host.stdout })) if (line === 'started') break;
    host.kill('SIGKILL');
    await once(host, 'exit');
    const found = await bench.sandbox.find(bench.install);
    expect(found).toMatchObject([{ group: 'family', run: spec.run, running: true }]);
    await eventually('its child to run', () => processesWith(marker).length > 0);
    await expect(bench.sandbox.start(bench.spec())).rejects.toMatchObject({ code: 'sandbox.name-taken' });
    await bench.sandbox.remove(onlyOne(found));
    expect(processesWith(marker)).toEqual([]);
    await bench.start();
  });

  test('a later run under the same name is never removed by mistake', async () => {
    await using bench = await open();
    const first = await bench.start();
    const found = onlyOne(await bench.sandbox.find(bench.install));
    await first.run.kill();
    const second = await bench.start();
    await bench.sandbox.remove(found);
    expect(await second.ask({ do: 'echo', text: 'untouched' })).toMatchObject({ text: 'untouched' });
  });

  test('a connection that is cut is the end of the run: nothing can connect to it again', async () => {
    await using bench = await open();
    const talk = await bench.start();
    for (const pid of processesWith(`--interactive\0${talk.run.name}`)) process.kill(pid, 'SIGKILL');
    expect(await talk.run.exited).toEqual({ code: null, signal: null });
    expect(await bench.sandbox.find(bench.install)).toEqual([]);
  });

  test.each([
    ['a part of a processor', { limits: { memory: '1g', cpus: 0.5, pids: 256 } }, /part of a processor/],
    ['a file as a mount', { mounts: [{ source: process.execPath, target: '/x', readOnly: true }] }, /no directory/],
  ])('%s is refused before anything is started', async (_what, changes, words) => {
    await using bench = await open();
    const refused = bench.sandbox.start(bench.spec(changes));
    await expect(refused).rejects.toMatchObject({ code: 'sandbox.cannot', message: expect.stringMatching(words) });
    expect(machine.calls.filter(([word, ...rest]) => word === 'create' && rest.join().includes(bench.install))).toEqual(
      [],
    );
  });

  test('never asks a registry for an image that is not there', async () => {
    using other = new AppleMachine();
    await using bench = new Bench(() => on(other, 'nanoclaw-test:absent'));
    for (const asked of [() => bench.sandbox.check(), () => bench.sandbox.start(bench.spec())]) {
      await expect(asked()).rejects.toMatchObject({
        code: 'sandbox.no-image',
        cure: expect.stringMatching(/build\.sh/),
      });
    }
    expect(other.calls.map(([word]) => word)).not.toContain('create');
  });

  test.each([
    ['a service that was not started', { started: false }, /container system start/],
    ['a release without networks to do without', { version: '1.0.3' }, /1\.1\.0 or newer/],
  ])('%s has its own sentence', async (_what, settings, words) => {
    using other = new AppleMachine(settings);
    const failing = on(other).check();
    await expect(failing).rejects.toSatisfy(
      (error) => hasCode(error, 'sandbox.unavailable') && words.test(`${error.message} ${error.cure}`),
    );
  });

  test('both shapes of its list are read', async () => {
    using older = new AppleMachine({ version: '0.12.3' });
    expect(await on(older).find('x')).toEqual([]);
    writeFileSync(
      join(older.environment['FAKE_APPLE'] ?? '', 'a.container'),
      JSON.stringify({
        id: 'a',
        image: appleImage,
        labels: { 'nanoclaw.install': 'x', 'nanoclaw.group': 'g', 'nanoclaw.run': 'r' },
      }),
    );
    expect(await on(older).find('x')).toEqual([{ id: 'a', name: 'a', group: 'g', run: 'r', running: false }]);
  });
});
