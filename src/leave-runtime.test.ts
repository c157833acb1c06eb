import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { tempDirectory } from '../test/temp-directory.ts';
import { leaveRuntime } from './leave-runtime.ts';
import { createLog } from './lib/log.ts';
import { NanoclawError } from './model/errors.ts';
import type { FoundRun, RuntimeName, Sandbox } from './sandbox/sandbox.ts';
import { Store } from './store/store.ts';

const log = createLog('silent', process.stderr);
const left: FoundRun = { group: 'main', run: 'r1', name: 'nanoclaw-x-main', id: 'abc', running: true };

function desk(find: Sandbox['find'] = async () => [left]) {
  const home = tempDirectory();
  const store = Store.open(join(home.path, 'messages.db'));
  onTestFinished(() => {
    store.close();
    home[Symbol.dispose]();
  });
  store.facts.set('install', 'x');
  const removed: string[] = [];
  const refuse = () => Promise.reject(new Error('not asked for'));
  const sandbox = (runtime: RuntimeName): Sandbox => ({
    capabilities: {
      ...{ runtime, class: 'engine', limits: true, readOnlyRoot: true },
      ...{ adopts: true, ringsAgain: true, socketMount: true },
    },
    check: refuse,
    start: refuse,
    attach: refuse,
    find: (install) => find(install),
    remove: async ({ id }) => void removed.push(`${runtime} ${id}`),
  });
  const leave = (to: RuntimeName, former: (runtime: RuntimeName) => Sandbox | undefined = sandbox) =>
    leaveRuntime(store, to, { former, log });
  return { store, removed, leave };
}

test('what the runtime used before left alive is ended before another one is used, once', async () => {
  const { leave, removed, store } = desk(async (install) => (install === 'x' ? [left] : []));
  await leave('docker');
  await leave('docker');
  expect(removed).toEqual([]);
  await leave('local');
  expect(removed).toEqual(['docker abc']);
  await leave('local');
  expect(removed).toHaveLength(1);
  // Set by hand in between, recorded as decided: what was really used counts.
  store.facts.set('runtime', 'docker');
  await leave('podman');
  expect(removed).toEqual(['docker abc', 'local abc']);
});

test('a home from before this was recorded goes by what was decided then', async () => {
  const { leave, removed, store } = desk();
  store.facts.set('runtime', 'docker');
  await leave('podman');
  expect(removed).toEqual(['docker abc']);
});

test('an engine that does not answer is a reason not to start, with a cure; the next try asks it again', async () => {
  let down = true;
  const { leave, removed } = desk(async () => {
    if (down) throw new NanoclawError('sandbox.unavailable', 'docker is not running.');
    return [left];
  });
  await leave('docker');
  for (const _try of [1, 2]) {
    await expect(leave('local')).rejects.toMatchObject({
      code: 'sandbox.left-behind',
      message: expect.stringContaining('docker is not running.'),
      cure: expect.stringContaining('setup --step container'),
    });
  }
  down = false;
  await leave('local');
  expect(removed).toEqual(['docker abc']);
});

test('an engine that is not on this machine any more holds nobody up', async () => {
  const { leave, removed } = desk();
  await leave('docker');
  await leave('local', () => undefined);
  expect(removed).toEqual([]);
});
