import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { hasCode } from '../../src/model/errors.ts';
import { eventually } from '../eventually.ts';
import { type Bench, onlyOne } from './sandbox-bench.ts';

const hostProgram = fileURLToPath(new URL('../fixtures/sandbox-host.ts', import.meta.url));

/** What becomes of a run whose host has gone. `order`: what sandbox-host.ts needs to make the same driver. */
export function adoption(open: () => Promise<Bench>, order: Readonly<Record<string, unknown>>): void {
  test('another host finds a run by its labels, attaches, is heard as far as the driver says, and ends it', async () => {
    await using bench = await open();
    const first = await bench.start();
    await first.ask(bench.watch);
    first.say('{"do":"echo","text":"half a li');
    first.run.detach();

    const host = bench.another();
    const found = await host.find(bench.install);
    expect(found).toMatchObject([{ group: 'family', run: first.run.run, name: first.run.name, running: true }]);
    const adopted = bench.talk(await host.attach(onlyOne(found)));
    await isHeard(bench, adopted);
    await adopted.run.kill();
    expect(await host.find(bench.install)).toEqual([]);
    await host.remove(onlyOne(found));
    await expect(host.attach(onlyOne(found))).rejects.toSatisfy((error) => hasCode(error, 'sandbox.failed'));
    await bench.start();
  });

  test('a host killed with -9 leaves the run alive, and the next one adopts it', async () => {
    await using bench = await open();
    const spec = bench.spec();
    const host = spawn(process.execPath, ['--import', 'tsx', hostProgram], { stdio: ['pipe', 'pipe', 'inherit'] });
    using _host = { [Symbol.dispose]: () => host.kill('SIGKILL') };
    host.stdin.end(JSON.stringify({ ...order, spec, say: JSON.stringify(bench.watch) }));
    for await (const line of createInterface({ input: host.stdout })) if (line === 'started') break;
    host.kill('SIGKILL');
    await once(host, 'exit');

    const second = bench.sandbox.start(bench.spec());
    await expect(second).rejects.toSatisfy((error) => hasCode(error, 'sandbox.name-taken'));
    const found = await bench.sandbox.find(bench.install);
    expect(found).toMatchObject([{ group: 'family', run: spec.run, running: true }]);
    const adopted = bench.talk(await bench.sandbox.attach(onlyOne(found)));
    await isHeard(bench, adopted);
    const ended = adopted.askByFile({ do: 'exit', code: 4 }).catch(() => undefined);
    expect(await adopted.run.exited).toEqual({ code: 4, signal: null });
    await ended;
    expect(await bench.sandbox.find(bench.install)).toEqual([]);
  });
}

/** A run that cannot be adopted: nobody can let go of it or connect to it, and what is left of it can be removed. */
export function noAdoption(open: () => Promise<Bench>): void {
  test('a run cannot be let go of, and nobody else can connect to it', async () => {
    await using bench = await open();
    const talk = await bench.start();
    expect(() => talk.run.detach()).toThrow(expect.objectContaining({ code: 'sandbox.cannot' }));
    const { group, run, name } = talk.run;
    const other = bench.another().attach({ group, run, name, id: name, running: true });
    await expect(other).rejects.toSatisfy((error) => hasCode(error, 'sandbox.cannot'));
    expect(await talk.ask({ do: 'echo', text: 'untouched' })).toMatchObject({ text: 'untouched' });
  });
}

/** A write is no error in any case, what the run says arrives, and a bell is answered where the driver says so. */
export async function isHeard(bench: Bench, talk: ReturnType<Bench['talk']>): Promise<void> {
  talk.say('{"do":"echo","text":"a bell"}\n');
  const answered = () => talk.answers.some((answer) => answer['text'] === 'a bell');
  expect(await talk.askByFile({ do: 'echo', text: 'by itself' })).toMatchObject({ text: 'by itself' });
  if (bench.sandbox.capabilities.ringsAgain) await eventually('the bell is answered', answered);
  else expect(answered()).toBe(false);
}
