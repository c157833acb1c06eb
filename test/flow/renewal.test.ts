// What a container was told at its start may change while it lives.
import { lstatSync, renameSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { setGroup } from '../../src/acts/set-group.ts';
import { say } from '../../src/gateway/rehearsal/reply.ts';
import { eventually } from '../eventually.ts';
import { agentCalls } from '../fixtures/agent-calls.ts';
import { openHouse } from '../house.ts';

test('a chat that begins to stream after the container was made is shown its growing answer', async () => {
  await using house = await openHouse({ settings: { PREWARM: 'main' } });
  house.rehearsal.script = () => say('word '.repeat(40), { chunk: 20, gapMs: 30 });
  await eventually('the container made ahead', () => house.sandbox.runs[0]?.stdout.includes('"ready"'));
  house.channel.streamed = { type: 'edit', everyMs: 20 };
  house.say('tell me');
  await eventually('it to grow', () => house.channel.edits.length > 0);
  expect(house.sandbox.runs).toHaveLength(1);
});

test('an agent is told with each message what it may reach now', async () => {
  await using house = await openHouse();
  house.rehearsal.script = () => say('yes');
  const context = () =>
    house.rehearsal.requests
      .at(-1)
      ?.context.texts.join()
      .match(/network="[^"]*"/g)
      ?.at(-1);
  house.say('one');
  await house.hears(1);
  expect(context()).toBe('network="public web"');
  house.withStore((store) => setGroup(store, { folder: 'main', egress: 'llm-only', now: house.clock.now() }));
  house.say('two');
  await house.hears(2);
  expect(context()).toBe('network="model only"');
  expect(house.sandbox.runs).toHaveLength(1);
});

test('a container that would be put together otherwise now is made anew once it rests, and the conversation goes on', async () => {
  await using house = await openHouse();
  house.rehearsal.script = () => say('yes');
  house.say('my number is 4711');
  await house.hears(1);
  house.withStore((store) => {
    const main = store.groups.main();
    if (main) store.groups.save({ ...main, mounts: [{ hostPath: '/nowhere' }] }, 1);
  });
  house.clock.advance(2_000);
  await eventually('the container to leave', () => house.log.some((line) => line.includes('a container ended')));
  house.say('what is it?');
  await house.hears(2);
  expect(JSON.stringify(house.rehearsal.requests.at(-1)?.context.body.messages)).toContain('4711');
  expect(house.sandbox.runs).toHaveLength(2);
});

test('the model is asked for with each message, the default as well', async () => {
  await using house = await openHouse();
  house.rehearsal.script = () => say('yes');
  const model = (name: string) => {
    house.withStore((store) => setGroup(store, { folder: 'main', model: name, now: house.clock.now() }));
    house.clock.advance(2_000);
  };
  const models = () => house.rehearsal.requests.map(({ context }) => context.model);
  model('model-a');
  house.say('one');
  await house.hears(1);
  model('model-b');
  house.say('two');
  await house.hears(2);
  expect(house.sandbox.runs).toHaveLength(1);
  expect(models().at(-1)).toBe('model-b');
  model('default');
  house.say('three');
  await house.hears(3);
  expect(models().at(-1)).not.toMatch(/^model-/);
  expect(house.sandbox.runs).toHaveLength(1);
});

test('a group that is unregistered by the agent and made again begins a new conversation', async () => {
  await using house = await openHouse();
  const jid = 'tg:9';
  house.group('team', jid, { requiresTrigger: false });
  house.rehearsal.script = () => say('noted');
  house.say('the word is xyzzy', { jid });
  await house.hears(1, { jid });
  await house.rests();
  const told = await agentCalls(house, [
    ['unregister_group', { folder: 'team' }],
    ['register_group', { jid, name: 'Team', folder: 'team', trigger: '@Andy', requiresTrigger: false }],
  ]);
  expect(told[1]).toContain('is the group team now');
  house.rehearsal.script = () => say('what word?');
  house.say('which word?', { jid });
  await house.hears(2, { jid });
  expect(JSON.stringify(house.rehearsal.requests.at(-1)?.context.body.messages)).not.toContain('xyzzy');
});

test('a link in the place of a group’s folder: its chat hears at once that it waits and no path, the owner where it is, and no try is spent', async () => {
  await using house = await openHouse();
  const jid = 'tg:9';
  house.group('team', jid, { requiresTrigger: false });
  house.rehearsal.script = () => say('here');
  house.say('I am here');
  await house.hears(1);
  const folder = join(house.home, 'groups', 'team');
  renameSync(folder, `${folder}-away`);
  symlinkSync(house.home, folder);
  const seq = house.say('hello', { jid });
  const [told = ''] = await house.hears(1, { jid });
  expect(told).toMatch(/^⏸ I cannot start working right now\. Your message is kept/);
  expect(told).not.toContain(house.home);
  const [, owner = ''] = await house.hears(2);
  expect(owner).toContain(`${folder} cannot be used`);
  expect(house.withStore((store) => store.inbox.ofMessage(seq)?.attempts)).toBe(0);
  expect(lstatSync(folder).isSymbolicLink()).toBe(true);
  renameSync(folder, `${folder}-link`);
  renameSync(`${folder}-away`, folder);
  await eventually('the answer', () => {
    house.hurry(seq, 5_000);
    return house.heard(jid).includes('here');
  });
});

test('a message dated beyond all calendars, and columns that are damaged, keep nobody from an answer', async () => {
  await using house = await openHouse();
  house.rehearsal.script = () => say('here');
  house.say('from the end of time', { sentAt: 9e15 });
  expect(await house.hears(1)).toEqual(['here']);
  house.damage("UPDATE groups SET allow = '{', mounts = 'no', egress = 'all', budget = 'x'");
  house.say('and now?');
  expect(await house.hears(2)).toEqual(['here', 'here']);
  // What cannot be read opens nothing.
  const [main] = house.withStore((store) => store.groups.all());
  expect(main).toMatchObject({ egress: 'llm-only', allow: [], mounts: [] });
});
