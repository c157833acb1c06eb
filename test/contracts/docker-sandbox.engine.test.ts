import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { describe, expect, test } from 'vitest';
import { systemClock } from '../../src/lib/clock.ts';
import { hasCode } from '../../src/model/errors.ts';
import { ContainerSandbox } from '../../src/sandbox/container-cli.ts';
import { clientEnvironment } from '../../src/sandbox/engine-client.ts';
import { tinyImage } from '../fixtures/sandbox-image.ts';
import { sandboxContract } from './sandbox.ts';
import { Bench, processesWith, until } from './sandbox-bench.ts';

const environment = clientEnvironment({
  searchPath: process.env['PATH'] ?? '',
  dockerHost: process.env['DOCKER_HOST'],
});
const hostProgram = fileURLToPath(new URL('../fixtures/sandbox-host.ts', import.meta.url));
const engine = await execa('docker', ['version'], { env: environment, extendEnv: false, reject: false });
const answers = engine.exitCode === 0;
const image = answers ? await tinyImage(environment) : '';

if (answers) describe('docker', dockerTests);
else {
  test('NOT RUN: no container engine answers, the docker sandbox stays untried', () => {
    process.stderr.write(
      `NOT RUN: the docker sandbox, because no engine answers (${engine.stderr || engine.shortMessage})\n`,
    );
  });
}

function dockerTests(): void {
  const another = () => new ContainerSandbox({ image, environment, clock: systemClock, socketMount: true });
  const open = async () => new Bench(another);
  sandboxContract('docker', open);

  test('another host finds a run by its labels, attaches, and the run answers it', async () => {
    await using bench = await open();
    const first = await bench.start();
    await first.ask({ do: 'echo', text: 'mine' });
    first.say('{"do":"echo","text":"half a li');
    first.run.detach();

    const host = bench.another();
    const found = await host.find(bench.install);
    expect(found).toMatchObject([{ group: 'family', run: first.run.run, name: first.run.name, running: true }]);
    const adopted = bench.talk(await host.attach(onlyOne(found)));
    expect(await adopted.ask({ do: 'echo', text: 'adopted' })).toMatchObject({ text: 'adopted' });
    await host.remove(onlyOne(found));
    await adopted.run.exited;
    expect(await host.find(bench.install)).toEqual([]);
    await host.remove(onlyOne(found));
    await expect(host.attach(onlyOne(found))).rejects.toSatisfy((error) => hasCode(error, 'sandbox.failed'));
  });

  test('a host killed with -9 leaves the run alive, and the next one can adopt it', async () => {
    await using bench = await open();
    const spec = bench.spec();
    const host = spawn(process.execPath, ['--import', 'tsx', hostProgram], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    host.stdin.end(JSON.stringify({ driver: 'docker', image, environment, spec }));
    for await (const line of createInterface({ input: host.stdout })) if (line === 'started') break;
    host.kill('SIGKILL');
    await once(host, 'exit');
    const found = await bench.sandbox.find(bench.install);
    const adopted = bench.talk(await bench.sandbox.attach(onlyOne(found)));
    expect(await adopted.ask({ do: 'echo', text: 'alive' })).toMatchObject({ text: 'alive' });
  });

  test('the death of the attach client is not the end of the run', async () => {
    await using bench = await open();
    const talk = await bench.start();
    await talk.ask({ do: 'echo', text: 'before' });
    const [found] = await bench.sandbox.find(bench.install);
    const clients = () => processesWith(`--sig-proxy=false\0${found?.id}`);
    const killed = clients();
    for (const pid of killed) process.kill(pid, 'SIGKILL');
    await until('a new client takes its place', () => clients().some((pid) => !killed.includes(pid)));
    expect(await talk.ask({ do: 'echo', text: 'after' })).toMatchObject({ text: 'after' });
    talk.say('{"do":"exit","code":5}\n');
    expect(await talk.run.exited).toEqual({ code: 5, signal: null });
  });

  test('never touches what another installation runs, whatever it is asked', async () => {
    await using ours = await open();
    await using theirs = await open();
    const talk = await theirs.start();
    await ours.start();
    expect((await ours.sandbox.find(ours.install)).map((found) => found.name)).not.toContain(talk.run.name);
    for (const found of await ours.sandbox.find(ours.install)) await ours.sandbox.remove(found);
    expect(await ours.sandbox.find(ours.install)).toEqual([]);
    expect(await talk.ask({ do: 'echo', text: 'untouched' })).toMatchObject({ text: 'untouched' });
  });

  test('an engine that does not answer, and an image that is not there, have their own errors and cures', async () => {
    const dead = { ...environment, DOCKER_HOST: 'unix:///nonexistent/docker.sock' };
    const options = { image, clock: systemClock, socketMount: true };
    const noEngine = new ContainerSandbox({ ...options, environment: dead });
    const noClient = new ContainerSandbox({ ...options, environment: { PATH: '/nonexistent' } });
    for (const sandbox of [noEngine, noClient]) {
      await expect(sandbox.check()).rejects.toSatisfy((error) => hasCode(error, 'sandbox.unavailable'));
      await expect(sandbox.find('x')).rejects.toSatisfy((error) => hasCode(error, 'sandbox.unavailable'));
    }
    const noImage = new ContainerSandbox({ ...options, environment, image: 'nanoclaw-test:absent' });
    await using bench = await open();
    for (const failing of [noImage.check(), noImage.start(bench.spec())]) {
      await expect(failing).rejects.toMatchObject({ code: 'sandbox.no-image', cure: /build\.sh/ });
    }
  });

  test('a start that fails in the engine leaves nothing and says why', async () => {
    await using bench = await open();
    const mounts = [bench.mount('absent', '/workspace/group')];
    await expect(bench.sandbox.start(bench.spec({ mounts }))).rejects.toMatchObject({
      code: 'sandbox.failed',
      message: expect.stringContaining('absent'),
    });
    expect(await bench.sandbox.find(bench.install)).toEqual([]);
  });
}

function onlyOne<T>(found: readonly T[]): T {
  const [one] = found;
  if (one === undefined || found.length !== 1) throw new Error(`expected one, found ${found.length}`);
  return one;
}
