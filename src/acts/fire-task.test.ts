import { expect, test } from 'vitest';
import { InboundDesk } from '../../test/fixtures/receiver.ts';
import { messageName } from '../model/message.ts';
import type { Task, TaskOutcome } from '../model/task.ts';
import type { NewTask } from '../store/tasks.ts';
import { explainInWords } from './explain-in-words.ts';
import { explainMessage, findMessage } from './explain-message.ts';
import { finishTaskRun } from './finish-task-run.ts';
import { fireTask } from './fire-task.ts';
import { removeGroup } from './remove-group.ts';

const minute = 60_000;

function plan({ store, clock }: InboundDesk, more: Partial<NewTask> = {}): Task {
  return store.tasks.add({
    group: 'main',
    place: { jid: 'tg:1', thread: undefined },
    prompt: 'water the plants',
    script: undefined,
    schedule: { type: 'interval', value: '3600000' },
    contextMode: 'group',
    nextRunAt: 1_000,
    anchorAt: 1_000,
    createdAt: clock.now(),
    createdBy: 'tg:1',
    ...more,
  });
}

function end(desk: InboundDesk, message: number, how: { outcome: TaskOutcome; detail?: string }): void {
  finishTaskRun(desk.desk, { message, ...how });
}

test('ids are short and never given twice, also after all is cancelled', () => {
  using desk = new InboundDesk();
  expect([plan(desk).id, plan(desk, { id: 'task-17-abc' }).id, plan(desk).id]).toEqual(['t1', 'task-17-abc', 't3']);
  expect(() => plan(desk, { id: 't3' })).toThrow(/UNIQUE/);
  expect(desk.store.tasks.all().map((one) => one.id)).toEqual(['t1', 'task-17-abc', 't3']);
});

test('a task that is fired is a waking message of its chat and thread, once for each occurrence', () => {
  using desk = new InboundDesk();
  const { store } = desk;
  const task = plan(desk, { place: { jid: 'tg:1', thread: '17' }, script: 'echo {}' });
  const seq = fireTask(desk, { task, dueAt: 1_000, missed: 2, nextRunAt: 9_000 }) ?? 0;
  expect(fireTask(desk, { task, dueAt: 1_000, missed: 2, nextRunAt: 9_000 })).toBeUndefined();
  const message = store.messages.get(seq);
  expect(message).toMatchObject({
    platformId: 'task:t1:1000',
    senderId: 'task:t1',
    senderName: 'schedule',
    role: 'member',
    thread: '17',
    text: 'water the plants',
  });
  const run = store.taskRuns.ofMessage(seq);
  expect(message?.taskRun).toBe(run?.id);
  expect(run).toMatchObject({ taskId: 't1', dueAt: 1_000, missed: 2, message: seq, state: 'open', byHand: false });
  expect(store.inbox.ofMessage(seq)).toMatchObject({ group_folder: 'main', thread: '17', wakes: 1, state: 'waiting' });
  expect(store.tasks.get('t1')).toMatchObject({ state: 'active', nextRunAt: 9_000, script: 'echo {}' });
  const said = desk.say('hello') ?? 0;
  expect(store.taskRuns.ofMessage(said)).toBeUndefined();
  expect(store.messages.get(said)?.taskRun).toBeUndefined();
});

test('why tells of the run that a message is', () => {
  using desk = new InboundDesk();
  const task = plan(desk);
  const seq = fireTask(desk, { task, dueAt: desk.clock.now() - 7_200_000, missed: 0, byHand: false });
  expect(seq).toBeUndefined();
  const due = desk.clock.now() - 7_200_000;
  desk.store.tasks.save({ ...task, nextRunAt: due });
  const message = fireTask(desk, { task, dueAt: due, missed: 2, nextRunAt: due + 10_800_000 }) ?? 0;
  const lines = () => {
    const told = explainMessage(desk.store, findMessage(desk.store, { id: messageName(message) }));
    return explainInWords(told, { timeZone: 'UTC', now: desk.clock.now() });
  };
  expect(lines()).toContainEqual(
    expect.stringMatching(
      /^A run of the schedule t1, due .*, 2 h late, for 2 more that were missed; still going on\.$/,
    ),
  );
  expect(lines()).toContain('It woke the group.');
  end(desk, message, { outcome: 'failed', detail: 'no luck' });
  expect(lines()).toContainEqual(expect.stringMatching(/; failed: no luck\.$/));
});

test('an occurrence waits while the run before it goes on, and comes afterwards', () => {
  using desk = new InboundDesk();
  const { store } = desk;
  const task = plan(desk);
  const first = fireTask(desk, { task, dueAt: 1_000, missed: 0, nextRunAt: 2_000 }) ?? 0;
  const now = store.tasks.get('t1') ?? task;
  expect(store.tasks.due(5_000, 10)).toEqual([]);
  expect(fireTask(desk, { task: now, dueAt: 2_000, missed: 0, nextRunAt: 3_000 })).toBeUndefined();
  end(desk, first, { outcome: 'ok' });
  expect(store.tasks.due(5_000, 10).map((one) => one.id)).toEqual(['t1']);
  expect(fireTask(desk, { task: now, dueAt: 2_000, missed: 0, nextRunAt: 3_000 })).toBeTypeOf('number');
});

test('one that comes no more is done; one that was paused or moved meanwhile is not fired', () => {
  using desk = new InboundDesk();
  const { store } = desk;
  const once = plan(desk);
  expect(fireTask(desk, { task: once, dueAt: 1_000, missed: 0, nextRunAt: undefined })).toBeTypeOf('number');
  expect(store.tasks.get('t1')).toMatchObject({ state: 'done', nextRunAt: undefined });
  const paused = plan(desk);
  store.tasks.save({ ...paused, state: 'paused' });
  expect(fireTask(desk, { task: paused, dueAt: 1_000, missed: 0 })).toBeUndefined();
  const moved = plan(desk);
  store.tasks.save({ ...moved, nextRunAt: 7_000 });
  expect(fireTask(desk, { task: moved, dueAt: 1_000, missed: 0 })).toBeUndefined();
  expect(store.tasks.nextAfter(1_000)).toBe(7_000);
});

test('a run by hand moves nothing, and its failure counts for nothing', () => {
  using desk = new InboundDesk();
  const task = plan(desk);
  const seq = fireTask(desk, { task, dueAt: 500, missed: 0, byHand: true }) ?? 0;
  expect(desk.store.tasks.get('t1')).toEqual(task);
  end(desk, seq, { outcome: 'failed', detail: 'no luck' });
  expect(desk.store.tasks.get('t1')).toEqual(task);
  expect(desk.store.taskRuns.newest('t1', 5)).toMatchObject([{ byHand: true, state: 'failed', detail: 'no luck' }]);
});

test('what fails comes back later each time, and is paused after eight in a row; its chat is told in one line', () => {
  using desk = new InboundDesk();
  const { store, clock } = desk;
  const task = plan(desk, { prompt: 'look\nat <internal> it' });
  const pauses: number[] = [];
  for (let n = 0; n < 8; n++) {
    const seq = fireTask(desk, { task, dueAt: 1_000 + n, missed: 0, nextRunAt: 1_001 + n }) ?? 0;
    end(desk, seq, { outcome: 'failed', detail: 'the web is down' });
    end(desk, seq, { outcome: 'ok' });
    pauses.push(Math.round(((store.tasks.get('t1')?.notBefore ?? 0) - clock.now()) / minute));
  }
  expect(pauses).toEqual([1, 2, 4, 8, 16, 32, 64, 128]);
  expect(store.tasks.get('t1')).toMatchObject({ state: 'paused', failures: 8 });
  expect(desk.heard()).toEqual([
    '⏸ The schedule t1 (“look at ‹internal> it”) is paused. It failed 8 times in a row: the web is down. Ask me to resume it when the cause is gone.',
  ]);
});

test('a success forgets the failures before it', () => {
  using desk = new InboundDesk();
  const task = plan(desk);
  for (const [n, outcome] of (['failed', 'failed', 'silent'] as const).entries()) {
    const seq = fireTask(desk, { task, dueAt: 1_000 + n, missed: 0, nextRunAt: 1_001 + n }) ?? 0;
    end(desk, seq, { outcome });
  }
  expect(desk.store.tasks.get('t1')).toMatchObject({ failures: 0, notBefore: 0, state: 'active' });
});

test('a group that is removed takes its schedules along', () => {
  using desk = new InboundDesk();
  const { store } = desk;
  const task = plan(desk, { group: 'team', place: { jid: 'tg:-2', thread: undefined } });
  const seq = fireTask(desk, { task, dueAt: 1_000, missed: 0, nextRunAt: 2_000 }) ?? 0;
  removeGroup(store, 'team');
  expect(store.tasks.get('t1')?.state).toBe('cancelled');
  expect(store.taskRuns.settled()).toEqual([{ message: seq, state: 'dead' }]);
});
