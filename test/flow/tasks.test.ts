// What a schedule writes is worked on as what people say, but nobody waits for it.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { callTool, fail, say } from '../../src/gateway/rehearsal/reply.ts';
import { eventually } from '../eventually.ts';
import { fireNow, outcomeOf, runOf } from '../fixtures/occurrence.ts';
import { type House, openHouse } from '../house.ts';

const waitFor = (file: string) => `touch here-${file}; while [ ! -e ${file} ]; do sleep 0.05; done; echo went`;

function begun(house: House, file: string): Promise<unknown> {
  return eventually('the command to run', () => existsSync(join(house.home, 'groups', 'main', `here-${file}`)));
}

test('a task’s answer goes to its chat and thread; its own words stand there for nobody: no eyes, no typing, no quote', async () => {
  await using house = await openHouse();
  house.withStore((store) => store.chats.see({ jid: 'tg:1', channel: 'telegram', name: 'Home', isGroup: true }));
  house.rehearsal.script = ({ text }) => say(`done: ${text}`);
  const seq = fireNow(house, { place: { jid: 'tg:1', thread: '17' } });
  await house.hears(1);
  expect(house.channel.heard).toMatchObject([{ jid: 'tg:1', thread: '17', text: 'done: water the plants' }]);
  expect(house.channel.heard[0]?.replyTo).toBeUndefined();
  expect(await outcomeOf(house, seq)).toBe('ok');
  await house.rests();
  expect(house.channel.reactions).toEqual([]);
  expect(house.channel.typing.filter(({ on }) => on)).toEqual([]);
  const prompt = house.rehearsal.requests[0]?.context.texts.join() ?? '';
  expect(prompt).toMatch(/<task id="t1" scheduled="\d{4}-\d\d-\d\dT\d\d:\d\d\+0\d:00" note="Your schedule wrote this/);
});

test.each([
  ['nothing at all', ''],
  ['only internal words', '<internal>all is well</internal>'],
])('a task that answers with %s is silent', async (_what, words) => {
  await using house = await openHouse();
  house.rehearsal.script = () => say(words);
  const seq = fireNow(house);
  expect(await outcomeOf(house, seq)).toBe('silent');
  await house.rests();
  expect(house.heard()).toEqual([]);
});

test('a task whose script says no asks no model and shows nothing', async () => {
  await using house = await openHouse();
  const seq = fireNow(house, { script: `echo '{"wakeAgent": false}'` });
  expect(await outcomeOf(house, seq)).toBe('silent');
  await house.rests();
  expect(house.rehearsal.count).toBe(0);
  expect(house.heard()).toEqual([]);
  expect(house.channel.typing.filter(({ on }) => on)).toEqual([]);
  expect(house.state(seq)).toBe('done');
});

test('a task whose script says yes is told what the script found', async () => {
  await using house = await openHouse();
  house.rehearsal.script = ({ texts }) => say(texts.join().includes('&quot;mails&quot;: 3') ? 'three' : 'no idea');
  fireNow(house, { script: `echo '{"wakeAgent": true, "data": {"mails": 3}}'` });
  expect(await house.hears(1)).toEqual(['three']);
});

test('a task whose script fails is tried as any message is; then its chat is told, by its name', async () => {
  await using house = await openHouse();
  const seq = fireNow(house, { script: 'echo ran >> ran; echo no network >&2; exit 7' });
  await eventually('it to be given up', () => {
    house.hurry(seq, 10_000);
    return house.state(seq) === 'dead';
  });
  expect(await outcomeOf(house, seq)).toBe('failed');
  expect(runOf(house, seq)?.detail).toContain('exit code 7');
  expect(await house.hears(1)).toEqual([
    "⚠️ The task “water the plants” (t1) failed: the task's script ended with exit code 7; it said: no network.",
  ]);
  expect(house.read('groups', 'main', 'ran').trim().split('\n')).toHaveLength(6);
  expect(house.rehearsal.count).toBe(0);
});

test('a task that waits for something outside is named as what waits, and spends nothing', async () => {
  await using house = await openHouse();
  house.rehearsal.script = () => fail(529);
  const seq = fireNow(house);
  expect(await house.hears(1)).toEqual([
    expect.stringMatching(/^⏸ .*overloaded.* The task “water the plants” \(t1\) waits/),
  ]);
  house.rehearsal.script = () => say('done');
  house.clock.advance(10_000);
  expect((await house.hears(2)).at(-1)).toBe('done');
  expect(await outcomeOf(house, seq)).toBe('ok');
});

test('a task that failed waits for its own time, whatever people say meanwhile', async () => {
  await using house = await openHouse();
  house.rehearsal.script = ({ person }) => say(person.map(({ text }) => text).join(' + '));
  const seq = fireNow(house, { script: 'echo ran >> ran; exit 1' });
  // Its waits are 5, 10, 20, 40 and 80 s: only the last is longer than an answer may take.
  await eventually('it to have failed five times', () => {
    const row = house.withStore((store) => store.inbox.ofMessage(seq));
    if (row?.state === 'waiting' && row.attempts < 5) house.clock.advance(40_000);
    return row?.state === 'waiting' && row.attempts === 5;
  });
  house.say('hello');
  expect(await house.hears(1)).toEqual(['hello']);
  expect(house.state(seq)).toBe('waiting');
  expect(house.read('groups', 'main', 'ran')).toBe('ran\n'.repeat(5));
});

test('each task is an input of its own, also beside what people say', async () => {
  await using house = await openHouse();
  house.rehearsal.script = ({ person }) => say(person.map(({ text }) => text).join(' + '));
  const gate: { open?: () => void } = {};
  const opened = new Promise<void>((resolve) => {
    gate.open = resolve;
  });
  house.sandbox.beforeStart = () => opened;
  const first = house.say('one');
  const second = fireNow(house);
  const third = house.say('two');
  const all = [first, second, third];
  const inputs = () =>
    house.withStore((store) => all.map((seq) => store.inbox.ofMessage(seq)?.input_id).filter(Boolean));
  await eventually('all to be claimed', () => inputs().length === 3);
  expect(new Set(inputs()).size).toBe(3);
  gate.open?.();
  await eventually('all to be done', () => all.every((seq) => house.state(seq) === 'done'));
  expect(await outcomeOf(house, second)).toBe('ok');
  await eventually('all to be said', () => house.withStore((store) => store.outbox.openIn('tg:1') === 0));
  const heard = house.heard().join(' + ');
  for (const words of ['one', 'two', 'water the plants']) expect(heard.split(words)).toHaveLength(2);
});

test('what is said while a task runs reaches the running agent, and typing shows that somebody waits', async () => {
  await using house = await openHouse();
  house.rehearsal.script = ({ toolCalls, person }) => {
    if (toolCalls.length === 0) return callTool('Bash', { command: waitFor('go') });
    // Handed over by the runner, and read by the SDK perhaps only after this command: there is another one then.
    if (person.length < 2) return callTool('Bash', { command: 'echo and on' });
    return say(person.map(({ text }) => text).join(' and '));
  };
  const task = fireNow(house);
  await begun(house, 'go');
  expect(house.channel.typing.filter(({ on }) => on)).toEqual([]);
  const seq = house.say('hello');
  await eventually('it to be handed over', () =>
    house.withStore((store) => {
      const row = store.inbox.ofMessage(seq);
      return store.turns.inputs(row?.turn_id ?? '').some((input) => input.id === row?.input_id && input.taken === 1);
    }),
  );
  expect(house.channel.typing.filter(({ on }) => on)).not.toEqual([]);
  house.touch('groups', 'main', 'go');
  expect(await house.hears(1)).toEqual(['water the plants and hello']);
  expect(await outcomeOf(house, task)).toBe('ok');
  expect(house.sandbox.runs).toHaveLength(1);
});

test('a task of another chat of the group waits for a turn of its own', async () => {
  await using house = await openHouse();
  house.withStore((store) => {
    store.chats.see({ jid: 'tg:2', channel: 'telegram', name: 'Second', isGroup: false });
    store.chats.wire('tg:2', 'main');
  });
  house.rehearsal.script = ({ toolCalls, text }) =>
    text === 'slow' && toolCalls.length === 0 ? callTool('Bash', { command: waitFor('go') }) : say(`re: ${text}`);
  house.say('slow');
  await begun(house, 'go');
  const task = fireNow(house, { place: { jid: 'tg:2', thread: undefined } });
  expect(house.state(task)).toBe('waiting');
  house.touch('groups', 'main', 'go');
  expect(await house.hears(1, { jid: 'tg:2' })).toEqual(['re: water the plants']);
  expect(house.heard()).toEqual(['re: slow']);
});

test('an isolated task knows nothing of the conversation and does not hold it up', async () => {
  await using house = await openHouse();
  house.rehearsal.script = ({ toolCalls, text, texts }) => {
    if (text !== 'watch') return say(texts.join().includes('water') ? 'I know of it' : `re: ${text}`);
    return toolCalls.length === 0
      ? callTool('Bash', { command: waitFor('go') })
      : say(texts.join().includes('secret') ? 'I know' : 'I know nothing');
  };
  house.say('secret');
  await house.hears(1);
  const task = fireNow(house, { prompt: 'watch', contextMode: 'isolated' });
  await begun(house, 'go');
  house.say('hello');
  expect(await house.hears(2)).toEqual(['re: secret', 're: hello']);
  house.touch('groups', 'main', 'go');
  expect(await house.hears(3)).toEqual(['re: secret', 're: hello', 'I know nothing']);
  expect(await outcomeOf(house, task)).toBe('ok');
  await house.rests();
  house.say('and now');
  expect((await house.hears(4)).at(-1)).toBe('re: and now');
  expect(house.sandbox.runs).toHaveLength(1);
});

test.each(['group', 'isolated'] as const)(
  '/stop ends a task of the mode %s; it is not run again',
  async (contextMode) => {
    await using house = await openHouse();
    house.rehearsal.script = () => callTool('Bash', { command: waitFor('go') });
    const task = fireNow(house, { contextMode });
    await begun(house, 'go');
    house.stopTurn();
    expect(await outcomeOf(house, task)).toBe('silent');
    expect(runOf(house, task)?.detail).toBe('stopped');
    await house.rests();
    expect(house.rehearsal.count).toBe(1);
  },
);
