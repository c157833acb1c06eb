// Frames without files, as v1's runner writes them, are good enough.
import { realpathSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { LocalSandbox } from '../../src/sandbox/local.ts';
import { eventually } from '../eventually.ts';
import { openHouse } from '../house.ts';

const runner = fileURLToPath(new URL('../fixtures/v1-runner.mjs', import.meta.url));

test('a runner that only prints v1’s frames is answered for, its session kept, its error retried', async () => {
  await using house = await openHouse({
    sandbox: (config, clock) =>
      new LocalSandbox({
        program: {
          mounts: [
            { source: realpathSync(process.execPath), target: '/opt/bin/node', readOnly: true },
            { source: runner, target: '/opt/runner.mjs', readOnly: true },
          ],
          command: ['/opt/bin/node', '/opt/runner.mjs'],
        },
        searchPath: config.environment.path,
        hidden: [config.home],
        clock,
      }),
  });
  house.say('hello');
  expect(await house.hears(1)).toEqual(['an old friend answers']);
  house.withStore((store) => expect(store.sessions.ofGroup('main', 0)).toBe('6f1c1b52-0f0e-4c2c-9d5a-3f6f7d0a1b2c'));
  const seq = house.say('fail this');
  await eventually('an attempt to be spent', () =>
    house.withStore((store) => store.inbox.ofMessage(seq)?.attempts === 1),
  );
  expect(house.heard()).toHaveLength(1);
});
