import { expect, test } from 'vitest';
import { eventually } from '../eventually.ts';
import { type Bench, processesWith } from './sandbox-bench.ts';

/** How a run ends, by itself or by us. */
export function ends(open: () => Promise<Bench>): void {
  test('kill takes every child with it, however it tried to get away, and frees the name', async () => {
    await using bench = await open();
    const talk = await bench.start();
    const marker = `child-of-${bench.install}`;
    await talk.ask({ do: 'deafen' });
    for (const how of ['plain', 'setsid', 'nohup', 'detached']) await talk.ask({ do: 'spawn', how, marker });
    await eventually('four children run', () => processesWith(marker).length >= 4);
    await talk.run.kill();
    expect(processesWith(marker)).toEqual([]);
    await talk.run.exited;
    await talk.run.kill();
    await bench.start();
  });

  test('exited comes only when the children are gone and the name is free', async () => {
    await using bench = await open();
    const talk = await bench.start();
    const marker = `left-by-${bench.install}`;
    await talk.ask({ do: 'spawn', how: 'setsid', marker });
    talk.say('{"do":"exit","code":3}\n');
    expect(await talk.run.exited).toMatchObject({ code: 3 });
    expect(processesWith(marker)).toEqual([]);
    expect(await bench.sandbox.find(bench.install)).toEqual([]);
    await bench.start();
  });

  test('kill works while nobody reads the output', async () => {
    await using bench = await open();
    const run = await bench.sandbox.start(bench.spec());
    run.stdin.write('{"do":"print","bytes":5000000}\n');
    await eventually('bytes wait', () => run.stdout.readableLength > 0);
    await run.kill();
    expect(await bench.sandbox.find(bench.install)).toEqual([]);
  });

  test('a start that is called off leaves nothing', async () => {
    await using bench = await open();
    // Close together: a name that an engine's client has taken and not yet made known is left behind for some ms only.
    for (const afterMs of [0, 5, 20, 40, 50, 60, 70, 80, 90, 100, 120]) {
      const controller = new AbortController();
      const started = bench.sandbox.start(bench.spec(), controller.signal).then(
        async (run) => bench.talk(run).run.kill(),
        (error: unknown) => expect(error).toMatchObject({ code: 'sandbox.failed' }),
      );
      setTimeout(() => controller.abort(), afterMs);
      await started;
      expect(await bench.sandbox.find(bench.install)).toEqual([]);
    }
    await (await bench.start()).ask({ do: 'echo', text: 'free' });
  });

  test('check says in time that runs can start', async () => {
    await using bench = await open();
    await expect(bench.sandbox.check()).resolves.toBeUndefined();
  });
}
