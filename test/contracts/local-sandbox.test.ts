import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, copyFileSync, mkdirSync, mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, test } from 'vitest';
import { pause, systemClock } from '../../src/lib/clock.ts';
import { LocalSandbox } from '../../src/sandbox/local.ts';
import { eventually } from '../eventually.ts';
import { sandboxContract } from './sandbox.ts';
import { Bench, processesWith } from './sandbox-bench.ts';

const hostProgram = fileURLToPath(new URL('../fixtures/sandbox-host.ts', import.meta.url));
describe.runIf(process.platform === 'linux')('local', () => {
  // As after a clone in a private directory: nobody but its owner passes it.
  const checkout = realpathSync(mkdtempSync(join(tmpdir(), 'nanoclaw-checkout-')));
  mkdirSync(join(checkout, 'app'));
  copyFileSync(new URL('../fixtures/sandbox-agent.mjs', import.meta.url), join(checkout, 'app/agent.mjs'));
  chmodSync(join(checkout, 'app'), 0o755);
  afterAll(() => rmSync(checkout, { recursive: true }));

  const program = {
    mounts: [
      { source: realpathSync(process.execPath), target: '/opt/bin/node', readOnly: true },
      { source: join(checkout, 'app'), target: '/app', readOnly: true },
    ],
    command: ['/opt/bin/node', '/app/agent.mjs'],
  };
  const searchPath = process.env['PATH'] ?? '';
  const another = () => new LocalSandbox({ program, searchPath, hidden: [], clock: systemClock });
  sandboxContract({ name: 'local', open: async () => new Bench(another), adopts: false });

  test('a host killed with -9 at any moment leaves no process behind', async () => {
    await using bench = new Bench(another);
    // 'started' + 0 … 'starting' + 40 ms: while the chain of processes is still being built.
    for (const [word, delayMs] of [
      ['started', 0],
      ['starting', 0],
      ['starting', 8],
      ['starting', 15],
      ['starting', 40],
    ] as const) {
      const spec = bench.spec();
      const marker = `orphan-${spec.run}`;
      const say = JSON.stringify({ do: 'spawn', how: 'setsid', marker });
      const host = spawn(process.execPath, ['--import', 'tsx', hostProgram], {
        stdio: ['pipe', 'pipe', 'inherit'],
      });
      using _host = { [Symbol.dispose]: () => host.kill('SIGKILL') };
      host.stdin.end(JSON.stringify({ driver: 'local', program, spec, say }));
      for await (const line of createInterface({ input: host.stdout })) if (line === word) break;
      // Between two of its programs a process has no argument list for a moment.
      if (word === 'started') await eventually('its child to run', () => processesWith(marker).length > 0);
      await pause(systemClock, delayMs);
      host.kill('SIGKILL');
      await once(host, 'exit');
      const name = `sandbox-${spec.run.slice(0, 8)}`;
      const left = () => [...processesWith(marker), ...processesWith(name)];
      await eventually('nothing to be left', async () => {
        if (left().length > 0) return false;
        // A process may have been between fork and exec when we looked, and nameless.
        await pause(systemClock, 200);
        return left().length === 0;
      });
    }
  });

  test('none is found later', async () => {
    await using bench = new Bench(another);
    await bench.start();
    expect(await bench.another().find(bench.install)).toEqual([]);
  });

  test('says in its host name where it is, and knows its user by name', async () => {
    await using bench = new Bench(another);
    const talk = await bench.start();
    expect(await talk.ask({ do: 'who' })).toMatchObject({ hostname: talk.run.name });
    expect(talk.run.name).toBe(`sandbox-${talk.run.run.slice(0, 8)}`);
    expect(await talk.ask({ do: 'list', path: '/' })).toMatchObject({
      value: expect.not.arrayContaining(['root', 'work', 'srv']),
    });
  });
});
