// The whole walk with a container engine: messages in, one container, answers out, and what stays behind.
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { startLine } from '../../protocol/start.ts';
import { callTool, say } from '../../src/gateway/rehearsal/reply.ts';
import { eventually } from '../eventually.ts';
import {
  containersOf,
  docker,
  dockerSandbox,
  EngineEvents,
  freshImage,
  inspected,
  installOf,
} from '../fixtures/engine.ts';
import { listeningPorts, treeOf } from '../fixtures/processes.ts';
import { openHouse } from '../house.ts';

beforeAll(freshImage);

const stateOf = (house: Awaited<ReturnType<typeof openHouse>>, seq: number) =>
  house.withStore((store) => store.inbox.ofMessage(seq)?.state);

test('hello, a command and a follow-up during a tool call: one container is started, and it gives all the answers', async () => {
  const portsBefore = listeningPorts(treeOf(process.pid));
  await using house = await openHouse({ sandbox: dockerSandbox });
  using events = new EngineEvents(installOf(house));
  house.say('hello');
  expect(await house.hears(1)).toEqual([expect.stringMatching(/^Hello Ann! I am the rehearsal model/)]);
  house.say('run: uname -n');
  const [, name = ''] = await house.hears(2);
  const [id = '', ...others] = await containersOf(installOf(house));
  expect(others).toEqual([]);
  expect(name.split('\n')[0]).toBe(id.slice(0, 12));

  house.say('run: touch began; while [ ! -e go ]; do sleep 0.1; done; echo the first went on');
  const folder = join(house.home, 'groups', 'main');
  await eventually('the tool to run', () => existsSync(join(folder, 'began')));
  expect(listeningPorts(treeOf(process.pid))).toEqual(portsBefore);
  const second = house.say('run: echo the second');
  await eventually('the second to be with the agent', () =>
    house.withStore((store) => {
      const row = store.inbox.ofMessage(second);
      return store.turns.inputs(row?.turn_id ?? '').some((input) => input.id === row?.input_id && input.taken === 1);
    }),
  );
  writeFileSync(join(folder, 'go'), '');
  await eventually('both to be answered', () => stateOf(house, second) === 'done');
  // In one answer or in two.
  await eventually('both answers', () => /the first went on[\s\S]*the second/.test(house.heard().join('\n')));

  await house.close();
  expect(await events.untilEnds(1)).toEqual([`start ${id}`, `die ${id}`]);
});

test('a container that was closed for being idle is followed by one that remembers the conversation and finds its files', async () => {
  await using house = await openHouse({ sandbox: dockerSandbox });
  house.rehearsal.script = (context) => {
    if (!context.text.includes('note')) return undefined;
    if (context.toolCalls.length > 0) return say(context.toolResults.join());
    const write = 'mkdir -p plans; echo blue | tee plans/note; id -u';
    return callTool('Bash', {
      command: context.text.includes('write') ? write : 'cat plans/note; ls -ld plans | wc -l',
    });
  };
  house.say('write a note: my favourite colour is blue');
  expect((await house.hears(1))[0]).toMatch(/^blue\s+\d+/);
  const note = join(house.home, 'groups', 'main', 'plans', 'note');
  expect(readFileSync(note, 'utf8')).toBe('blue\n');
  expect(statSync(note)).toMatchObject({ uid: process.getuid?.() || 1000, gid: process.getgid?.() || 1000 });

  await eventually('the turn to end', () => house.withStore((store) => store.turns.running().length === 0));
  house.clock.advance(house.config.idleMs + 1_000);
  await house.sandbox.runs[0]?.run.exited;
  expect(await containersOf(installOf(house))).toEqual([]);

  house.say('read the note');
  expect((await house.hears(2))[1]).toMatch(/^blue/);
  expect(house.sandbox.runs).toHaveLength(2);
  expect(house.rehearsal.requests.at(-1)?.context.texts.join('\n')).toContain('my favourite colour is blue');
  const sessions = house.sandbox.runs.map(
    ({ stdin }) => startLine.parse(JSON.parse(stdin.split('\n')[0] ?? '')).sessionId,
  );
  expect(new Set(sessions).size).toBe(1);
});

test('a host that stops ends its own containers and those of nobody else', async () => {
  await using theirs = await openHouse({ sandbox: dockerSandbox });
  await using ours = await openHouse({ sandbox: dockerSandbox });
  ours.group('family', 'tg:2', { requiresTrigger: false });
  theirs.say('hello');
  ours.say('hello');
  ours.say('hello', { jid: 'tg:2' });
  await Promise.all([theirs.hears(1), ours.hears(1), ours.hears(1, { jid: 'tg:2' })]);
  const [untouched] = await containersOf(installOf(theirs));
  expect(await containersOf(installOf(ours))).toHaveLength(2);
  await ours.close();
  expect(await containersOf(installOf(ours))).toEqual([]);
  await ours.open();

  theirs.say('run: uname -n');
  expect((await theirs.hears(2))[1]?.split('\n')[0]).toBe(untouched?.slice(0, 12));
  expect((await inspected(untouched ?? '')).value).toMatchObject({ State: { Running: true }, RestartCount: 0 });
});

test('a container killed under its work: the message is tried again in a new one and answered once', async () => {
  await using house = await openHouse({ sandbox: dockerSandbox });
  house.rehearsal.script = (context) => {
    if (house.sandbox.runs.length > 1) return say('answered after all');
    return context.toolCalls.length > 0 ? say('too early') : callTool('Bash', { command: 'touch began; sleep 600' });
  };
  const seq = house.say('hello');
  await eventually('the tool to run', () => existsSync(join(house.home, 'groups', 'main', 'began')));
  const [id = ''] = await containersOf(installOf(house));
  await docker('kill', id);
  await eventually('the message to wait again', () => stateOf(house, seq) === 'waiting');
  house.clock.advance(5_000);
  expect(await house.hears(1)).toEqual(['answered after all']);
  expect(await containersOf(installOf(house))).not.toContain(id);
  await eventually('the message to be done', () => stateOf(house, seq) === 'done');
  expect(house.heard()).toHaveLength(1);
});

test('an image that is not there is a sentence in the chat; the host lives, and answers once it is', async () => {
  const absent = `nanoclaw-none:${process.pid}`;
  await using house = await openHouse({ sandbox: dockerSandbox, settings: { CONTAINER_IMAGE: absent } });
  const seq = house.say('hello');
  expect(await house.hears(1)).toEqual([
    expect.stringMatching(new RegExp(`cannot start my sandbox: The agent image ${absent} is not there\\. Build it`)),
  ]);
  await eventually('the message to wait', () =>
    house.withStore((store) => {
      const row = store.inbox.ofMessage(seq);
      return row?.state === 'waiting' && row.cause === 'sandbox' && row.attempts === 0;
    }),
  );
  await docker('tag', 'nanoclaw-agent:latest', absent);
  await using _tag = { [Symbol.asyncDispose]: async () => void (await docker('rmi', '--no-prune', absent)) };
  house.clock.advance(5_000);
  expect((await house.hears(2))[1]).toMatch(/^Hello Ann!/);
  await house.close();
});
