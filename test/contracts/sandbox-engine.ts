import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, describe, expect, test } from 'vitest';
import { systemClock } from '../../src/lib/clock.ts';
import { hasCode } from '../../src/model/errors.ts';
import { ContainerSandbox } from '../../src/sandbox/container-cli.ts';
import type { EngineDialect } from '../../src/sandbox/dialects.ts';
import { eventually } from '../eventually.ts';
import { type TestedEngine, tinyImage } from '../fixtures/sandbox-image.ts';
import { sandboxContract } from './sandbox.ts';
import { isHeard } from './sandbox-adoption.ts';
import { Bench, processesWith } from './sandbox-bench.ts';

export interface EngineOptions {
  readonly engine: TestedEngine;
  readonly dialect: EngineDialect;
  readonly environment: Readonly<Record<string, string>>;
  /** The client's environment when its engine is nowhere. */
  readonly dead: Readonly<Record<string, string>>;
}

/** The contract and what engines promise beside it, where this one answers; loudly not run where it does not. */
export async function engineContract(options: EngineOptions): Promise<void> {
  const { engine, environment } = options;
  const asked = await execa(engine, ['info'], { env: environment, extendEnv: false, reject: false });
  if (asked.exitCode === 0) {
    const image = await tinyImage(engine, environment);
    describe(engine, () => engineTests({ ...options, image }));
    return;
  }
  test(`NOT RUN: ${engine} does not answer, its sandbox stays untried`, () => {
    process.stderr.write(`NOT RUN: the ${engine} sandbox: ${asked.stderr || asked.shortMessage}\n`);
  });
}

const directory = realpathSync(mkdtempSync(join(tmpdir(), 'nanoclaw-hosts-')));
afterAll(() => rmSync(directory, { recursive: true }));

function engineTests({ engine, dialect, environment, dead, image }: EngineOptions & { image: string }): void {
  const options = { image, clock: systemClock, socketMount: true, dialect };
  const hostsFile = join(directory, 'hosts');
  const another = () => new ContainerSandbox({ ...options, environment, hostsFile });
  const open = async () => new Bench(another);
  sandboxContract({ name: engine, open, adopts: { driver: engine, image, environment } });

  test('the death of the attach client is not the end of the run', async () => {
    await using bench = await open();
    const talk = await bench.start();
    await talk.ask(bench.watch);
    const [found] = await bench.sandbox.find(bench.install);
    const clients = () => processesWith(`--sig-proxy=false\0${found?.id}`);
    const killed = clients();
    for (const pid of killed) process.kill(pid, 'SIGKILL');
    await eventually('a new client takes its place', () => clients().some((pid) => !killed.includes(pid)));
    await isHeard(bench, talk);
    const ended = talk.askByFile({ do: 'exit', code: 5 }).catch(() => undefined);
    expect(await talk.run.exited).toEqual({ code: 5, signal: null });
    await ended;
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
    const noEngine = new ContainerSandbox({ ...options, environment: dead });
    const noClient = new ContainerSandbox({ ...options, environment: { PATH: '/nonexistent' } });
    for (const sandbox of [noEngine, noClient]) {
      await expect(sandbox.check()).rejects.toSatisfy((error) => hasCode(error, 'sandbox.unavailable'));
      await expect(sandbox.find('x')).rejects.toSatisfy((error) => hasCode(error, 'sandbox.unavailable'));
    }
    const noImage = new ContainerSandbox({ ...options, environment, image: 'nanoclaw-test:absent' });
    await using bench = await open();
    for (const asked of [() => noImage.check(), () => noImage.start(bench.spec())]) {
      await expect(asked()).rejects.toMatchObject({
        code: 'sandbox.no-image',
        cure: expect.stringMatching(/build\.sh/),
      });
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

  test('knows no name of the host’s own, but localhost', async () => {
    await using bench = await open();
    const talk = await bench.start();
    const { value } = await talk.ask({ do: 'read', path: '/etc/hosts' });
    const names = String(value)
      .replace(/#.*/g, '')
      .split(/\s+/)
      .filter((word) => /[g-z]/i.test(word));
    const { hostname } = await talk.ask({ do: 'who' });
    const known = [hostname, 'localhost', /^ip6-/];
    expect(
      names.filter((name) => !known.some((one) => (one instanceof RegExp ? one.test(name) : one === name))),
    ).toEqual([]);
    expect(names).toContain('localhost');
  });
}
