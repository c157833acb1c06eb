// Somebody asks for something at a later hour; the clock is wound; the answer arrives in the chat that asked.
import { expect, test } from 'vitest';
import { callTool, say } from '../../src/gateway/rehearsal/reply.ts';
import { eventually } from '../eventually.ts';
import { openHouse } from '../house.ts';

const tool = (name: string) => `mcp__nanoclaw__${name}`;

test('what the agent schedules is done at its time, in the thread that asked, and once', async () => {
  await using house = await openHouse();
  const told: string[] = [];
  house.rehearsal.script = ({ text, toolCalls, toolResults }) => {
    if (text.includes('time to water')) return say('The plants have water.');
    if (toolCalls.length > 0) {
      told.push(...toolResults);
      return say('I will.');
    }
    const args = { prompt: 'It is time to water the plants.', schedule_type: 'interval', schedule_value: '3600000' };
    return callTool(tool('schedule_task'), args);
  };
  house.say('water the plants every hour', { thread: '17' });
  expect(await house.hears(1)).toEqual(['I will.']);
  expect(told).toEqual([expect.stringMatching(/^Scheduled as t1: every 1 h, next .* \(Europe\/Berlin\)\.$/)]);
  house.clock.advance(3_600_000);
  await house.hears(2);
  expect(house.channel.heard.map(({ text, thread }) => ({ text, thread }))).toEqual([
    { text: 'I will.', thread: '17' },
    { text: 'The plants have water.', thread: '17' },
  ]);
  const runs = () => house.withStore((store) => store.taskRuns.newest('t1', 10));
  await eventually('the run to be over', () => {
    house.clock.advance(1_000);
    return runs()[0]?.state === 'ok';
  });
  // A new start finds it done, and the hours without a host are made up for once.
  await house.close();
  house.clock.advance(5 * 3_600_000);
  await house.open();
  await house.hears(3);
  expect(runs()).toMatchObject([{ missed: 4 }, { missed: 0, state: 'ok' }]);
});

test('what cannot be scheduled is refused in words that the agent reads', async () => {
  await using house = await openHouse();
  house.group('team', 'tg:9', { requiresTrigger: false });
  const daily = { prompt: 'p', schedule_type: 'cron', schedule_value: '0 9 * * *' };
  const tries: [string, Record<string, unknown>][] = [
    ['schedule_task', { ...daily, schedule_value: '0 0 30 2 *' }],
    ['schedule_task', { ...daily, schedule_type: 'once', schedule_value: '2020-01-01T09:00' }],
    ['schedule_task', { ...daily, schedule_type: 'sometimes' }],
    ['schedule_task', { ...daily, context_mode: 'mine' }],
    ['schedule_task', { ...daily, target_group_jid: 'tg:1' }],
    ['cancel_task', { task_id: 't1' }],
    ['update_task', { task_id: 't2', schedule_value: 'now' }],
    ['list_tasks', {}],
  ];
  house.withStore((store) => {
    for (const group of ['main', 'team']) {
      const place = { jid: group === 'main' ? 'tg:1' : 'tg:9', thread: undefined };
      const schedule = { type: 'cron' as const, value: '0 9 1 1 *' };
      const more = {
        script: undefined,
        contextMode: 'group',
        createdAt: 1,
        createdBy: 'x',
        anchorAt: undefined,
      } as const;
      store.tasks.add({ group, place, prompt: group, schedule, nextRunAt: Date.UTC(2090, 0, 1), ...more });
    }
  });
  const read: string[] = [];
  house.rehearsal.script = ({ toolCalls, toolResults }) => {
    read.splice(0, read.length, ...toolResults);
    const next = tries[toolCalls.length];
    return next ? callTool(tool(next[0]), next[1]) : say('None of it.');
  };
  house.say('try it', { jid: 'tg:9' });
  expect(await house.hears(1, { jid: 'tg:9' })).toEqual(['None of it.']);
  expect(read).toEqual([
    expect.stringMatching(/no cron expression.*Five fields.*\(schedule_invalid\)/),
    expect.stringMatching(/is past: it is .* in Europe\/Berlin.*\(schedule_past\)/),
    expect.stringContaining('Nothing was done: the arguments do not fit'),
    expect.stringContaining('Nothing was done: the arguments do not fit'),
    expect.stringMatching(/another group.*\(not_allowed\)/),
    expect.stringMatching(/t1 belongs to another group.*\(task_foreign\)/),
    expect.stringMatching(/"now" is no cron expression.*\(schedule_invalid\)/),
    expect.stringMatching(/^t2 · active .* “team”$/),
  ]);
  expect(house.withStore((store) => store.tasks.all())).toHaveLength(2);
});

test('in a chat of several people the answer quotes nothing, and no eyes look at what stands on no platform', async () => {
  await using house = await openHouse();
  house.rehearsal.script = ({ text }) => say(text.includes('the news') ? 'The news.' : 'hello');
  house.withStore((store) => {
    store.chats.see({ jid: 'tg:1', channel: 'telegram', name: 'Club', isGroup: true });
    store.tasks.add({
      group: 'main',
      place: { jid: 'tg:1', thread: undefined },
      prompt: 'the news, please',
      script: undefined,
      schedule: { type: 'cron', value: '0 9 1 1 *' },
      contextMode: 'group',
      nextRunAt: house.clock.now(),
      anchorAt: undefined,
      createdAt: 1,
      createdBy: 'tg:1',
    });
  });
  house.clock.advance(30_000);
  expect(await house.hears(1)).toEqual(['The news.']);
  expect(house.channel.heard[0]?.replyTo).toBeUndefined();
  expect(house.channel.reactions).toEqual([]);
  house.say('hi', { platformId: 'asked-1' });
  await house.hears(2);
  expect(house.channel.heard[1]?.replyTo).toBe('asked-1');
  await eventually('the eyes to come and go', () => house.channel.reactions.length === 2);
});
