// Containers that outlive their host: the next one goes on with them where it can, and ends them where it cannot.
import { randomUUID } from 'node:crypto';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, onTestFinished, test } from 'vitest';
import type { Script } from '../../src/gateway/rehearsal/rehearsal.ts';
import { callTool, say } from '../../src/gateway/rehearsal/reply.ts';
import { containerName } from '../../src/sandbox/arguments.ts';
import { eventually } from '../eventually.ts';
import {
  containersOf,
  docker,
  dockerSandbox,
  EngineEvents,
  freshImage,
  image,
  installOf,
  removeContainersOf,
} from '../fixtures/engine.ts';
import { Machine } from '../fixtures/machine.ts';
import { ScriptedModel } from '../fixtures/scripted-model.ts';
import { openHouse } from '../house.ts';

beforeAll(freshImage);

const installIn = (machine: Machine) => machine.withStore((store) => store.facts.get('install')) ?? '';

/** Works until a file `go` is there, then answers; everything else is answered at once. */
const work: Script = ({ text, toolCalls }) => {
  if (text !== 'work') return say(`re ${text}`);
  const command = 'touch began; while [ ! -e go ]; do sleep 0.1; done; echo x >> times; wc -l < times';
  return toolCalls.length > 0 ? say('worked') : callTool('Bash', { command });
};

/** Whatever becomes of the test, nothing of the installation stays. */
function cleanUp(install: string): void {
  onTestFinished(() => removeContainersOf(install));
}

test('a host killed with -9 during a command: the next one takes the container over, and the command’s answer comes once', async () => {
  await using model = await ScriptedModel.open();
  await using machine = new Machine({ settings: model.settings });
  model.rehearsal.script = work;
  const host = await machine.host();
  const install = installIn(machine);
  cleanUp(install);
  using events = new EngineEvents(install);
  const { pid } = await machine.status();
  const asked = machine.start(['chat', '--once', 'work']);
  const folder = join(machine.home, 'groups', 'main');
  await asked.until('the command to run', () => existsSync(join(folder, 'began')));
  const before = await containersOf(install);
  expect(before).toHaveLength(1);
  process.kill(pid, 'SIGKILL');
  await Promise.all([host.ended, asked.ended]);

  machine.start(['start', '--no-chat']);
  await eventually(
    'the container to work under the new host',
    async () => {
      const told = await machine.run(['status', '--json']);
      return told.code === 0 && JSON.parse(told.stdout).containers[0]?.state === 'busy';
    },
    60_000,
  );
  writeFileSync(join(folder, 'go'), '');
  await eventually('the turn to be over', () => machine.withStore((store) => store.turns.running().length === 0));
  machine.withStore((store) => {
    expect(store.inbox.counts()).toEqual({ waiting: 0, claimed: 0, dead: 0 });
    const turn = store.inbox.ofMessage(1)?.turn_id ?? '';
    expect(store.turns.get(turn)).toMatchObject({ state: 'done', retry_of: null });
    expect(store.outbox.saidBy(turn)).toEqual(['worked']);
  });
  // The tool ran once, and the model was asked twice: for the tool, and with what it gave.
  expect(model.rehearsal.requests.at(-1)?.context.toolResults.join()).toMatch(/^1\b/);
  expect(model.rehearsal.count).toBe(2);

  const next = await machine.run(['chat', '--once', 'hello']);
  expect(next).toMatchObject({ code: 0, stdout: expect.stringContaining('re hello') });
  expect(await containersOf(install)).toEqual(before);
  expect((await machine.run(['stop', '--now'])).code).toBe(0);
  expect(await containersOf(install)).toEqual([]);
  expect(await events.untilEnds(1)).toEqual([`start ${before[0]}`, `die ${before[0]}`]);
});

test('a host stopped politely leaves the container that works and closes the idle one; typing goes on with the next host', async () => {
  await using house = await openHouse({ sandbox: dockerSandbox });
  const install = installOf(house);
  cleanUp(install);
  house.group('g2', 'tg:2', { requiresTrigger: false });
  house.rehearsal.script = work;
  house.say('hello', { jid: 'tg:2' });
  await house.hears(1, { jid: 'tg:2' });
  const seq = house.say('work');
  await eventually('the command to run', () => existsSync(join(house.home, 'groups', 'main', 'began')));
  expect(await containersOf(install)).toHaveLength(2);
  let closed = false;
  const closing = house.close({ now: false }).then(() => {
    closed = true;
  });
  // The turn's 30 s; how long an engine may take to end a container is not for us to shorten.
  let seconds = 31;
  await eventually('the host to have gone', () => {
    if (seconds-- > 0) house.clock.advance(1_000);
    return closed;
  });
  await closing;
  const left = await containersOf(install);
  expect(left).toHaveLength(1);
  expect(house.state(seq)).toBe('claimed');
  expect(house.channel.typing.at(-1)).toEqual({ jid: 'tg:1', on: false });

  await house.open();
  await eventually('typing', () => house.channel.typing.at(-1)?.on === true);
  const more = house.say('and this');
  await eventually('the follow-up to be handed over', () => house.state(more) === 'claimed');
  house.touch('groups', 'main', 'go');
  await eventually('both to be done', () => [seq, more].every((one) => house.state(one) === 'done'));
  const said = (await house.hears(1)).join('\n');
  expect(said).toMatch(/worked|re and this/);
  expect(house.channel.typing.at(-1)).toEqual({ jid: 'tg:1', on: false });
  expect(await containersOf(install)).toEqual(left);
  expect(house.sandbox.runs).toEqual([]);
  house.app.turns.renew('main');
  await eventually('the old conversation’s container to go', async () => (await containersOf(install)).length === 0);
});

interface Leftover {
  readonly what: string;
  readonly group?: string;
  /** What it last said of itself. */
  readonly state?: string;
  readonly foreignRun?: boolean;
  readonly closing?: boolean;
  readonly stopped?: boolean;
}

const unfit: readonly Leftover[] = [
  { what: 'that has not said anything yet' },
  { what: 'that is just starting', state: 'starting' },
  { what: 'that was asked to leave', state: 'idle', closing: true },
  { what: 'whose mailbox speaks of another run', state: 'idle', foreignRun: true },
  { what: 'that was made and never started', state: 'idle', stopped: true },
  { what: 'of a group that is gone', state: 'idle', group: 'gone' },
];

test.each(unfit)('a container $what is ended, and another one answers', async (leftover) => {
  const { group = 'main', state, foreignRun = false, closing = false, stopped = false } = leftover;
  await using house = await openHouse({ sandbox: dockerSandbox });
  const install = installOf(house);
  cleanUp(install);
  await house.close();
  const run = randomUUID();
  const labels = Object.entries({ install, group, run }).flatMap(([k, v]) => ['--label', `nanoclaw.${k}=${v}`]);
  const name = containerName(install, group);
  const command = ['--entrypoint', 'sleep', image, '600'];
  const id = (
    await docker(...(stopped ? ['create'] : ['run', '-d']), '-i', '--name', name, ...labels, ...command)
  ).trim();
  const mailbox = join(house.home, 'data', 'ipc', group);
  mkdirSync(join(mailbox, 'input'), { recursive: true });
  const status = { v: 1, runId: foreignRun ? randomUUID() : run, state, background: 0, at: new Date().toISOString() };
  if (state !== undefined) writeFileSync(join(mailbox, 'status.json'), JSON.stringify(status));
  if (closing) writeFileSync(join(mailbox, 'input', '_close'), '');

  await house.open();
  house.rehearsal.script = work;
  house.say('hello');
  expect(await house.hears(1)).toEqual(['re hello']);
  const now = await containersOf(install);
  expect(now).toHaveLength(1);
  expect(now).not.toContain(id);
});
