import { randomUUID } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { taskTools } from '../../protocol/tools/tasks.ts';
import { InboundDesk } from '../../test/fixtures/receiver.ts';
import type { Place } from '../model/chat.ts';
import { loadTools } from './index.ts';
import type { ToolReply } from './tool.ts';

/** What agents of main (tg:1) and team (tg:-2) may do to schedules; the zone is UTC. */
class TaskTools extends InboundDesk {
  /** As the agent calls a tool: through its definition, with an id. */
  async call(name: string, args: Record<string, unknown>, from: { group?: string; place?: Place | undefined } = {}) {
    const definition = taskTools.find((tool) => tool.name === name);
    const parsed = definition?.input.parse(args) ?? {};
    const fields = definition?.toRequest?.(parsed) ?? parsed;
    return this.drop({ ...fields, type: definition?.requestType, id: randomUUID() }, from);
  }

  /** As a file in the mailbox asks. */
  async drop(
    request: Record<string, unknown>,
    from: { group?: string; place?: Place | undefined } = {},
  ): Promise<ToolReply> {
    const { group: folder = 'main' } = from;
    const files = { folderOf: () => '', spoolDirectory: '', maxFileBytesOf: () => 0 };
    const abilitiesOf = () => ({ edits: false, reactions: false, buttons: false });
    const desk = { ...this.desk, ...files, abilitiesOf, registry: this.registry, refreshChats: () => undefined };
    const tool = (await loadTools(desk)).get(String(request['type']));
    const group = this.store.groups.get(folder);
    const input = tool?.input.safeParse(request);
    if (!tool || !group || !input?.success) return { ok: false, error: { code: 'invalid', message: '' } };
    const place = 'place' in from ? from.place : { jid: folder === 'main' ? 'tg:1' : 'tg:-2', thread: undefined };
    return tool.handle(input.data, { group, runId: 'r', place, turnId: undefined, key: 'request:r-1' });
  }
}

const daily = { prompt: 'the news', schedule_type: 'cron', schedule_value: '0 9 * * *' };
const refusedWith = (code: string, words: string | RegExp) => ({
  ok: false,
  error: { code, message: typeof words === 'string' ? expect.stringContaining(words) : expect.stringMatching(words) },
});

describe('schedule_task', () => {
  test('says its id and when it comes next, and goes to the chat and thread of the turn that asks', async () => {
    using desk = new TaskTools();
    const reply = await desk.call('schedule_task', daily, { place: { jid: 'tg:1', thread: '17' } });
    expect(reply).toEqual({
      ok: true,
      result: expect.stringMatching(
        /^Scheduled as t1: every day at 09:00 \(0 9 \* \* \*\), next \w{3} [\d-]{10} 09:00 \+00:00 \(UTC\)\.$/,
      ),
    });
    expect(desk.store.tasks.get('t1')).toMatchObject({
      group: 'main',
      place: { jid: 'tg:1', thread: '17' },
      contextMode: 'group',
      script: undefined,
      createdBy: 'tg:1',
    });
  });

  test.each([
    [{ schedule_value: '0 9 * *' }, 'schedule_invalid', /has 4 fields.*Five fields/],
    [{ schedule_value: '0 0 30 2 *' }, 'schedule_invalid', 'no cron expression'],
    [{ schedule_value: '* * * * * *' }, 'schedule_invalid', 'more often than once a minute'],
    [{ schedule_type: 'interval', schedule_value: '1000' }, 'schedule_invalid', 'too often'],
    [{ schedule_type: 'interval', schedule_value: '2h' }, 'schedule_invalid', 'milliseconds'],
    [{ schedule_type: 'once', schedule_value: '2020-01-01T10:00' }, 'schedule_past', /is past: it is \w{3} \d{4}.*UTC/],
    [{ schedule_type: 'once', schedule_value: 'tomorrow' }, 'schedule_invalid', 'Write a local time'],
    [{ prompt: '  ' }, 'task_invalid', 'empty'],
    [{ target_group_jid: 'tg:404' }, 'unknown_chat', 'no chat of a group'],
  ])('%j is refused, and the model reads why', async (more, code, words) => {
    using desk = new TaskTools();
    expect(await desk.call('schedule_task', { ...daily, ...more })).toMatchObject(refusedWith(code, words));
    expect(desk.store.tasks.all()).toEqual([]);
  });

  test('main may name another group’s chat, and the task is that group’s; no other group may', async () => {
    using desk = new TaskTools();
    const there = await desk.call('schedule_task', { ...daily, target_group_jid: 'tg:-2' });
    expect(there).toMatchObject({ ok: true, result: expect.stringContaining('in tg:-2') });
    expect(desk.store.tasks.get('t1')).toMatchObject({ group: 'team', place: { jid: 'tg:-2' } });
    const back = await desk.call('schedule_task', { ...daily, target_group_jid: 'tg:1' }, { group: 'team' });
    expect(back).toMatchObject(refusedWith('not_allowed', 'another group'));
    const own = await desk.call('schedule_task', { ...daily, target_group_jid: 'tg:-2' }, { group: 'team' });
    expect(own).toMatchObject({ ok: true });
  });

  test('a group has a hundred active ones at most', async () => {
    using desk = new TaskTools();
    for (let n = 0; n < 100; n++) await desk.call('schedule_task', daily);
    expect(await desk.call('schedule_task', daily)).toMatchObject(refusedWith('task_too_many', '100 active'));
    await desk.call('pause_task', { task_id: 't1' });
    expect(await desk.call('schedule_task', daily)).toMatchObject({ ok: true });
    expect(await desk.call('resume_task', { task_id: 't1' })).toMatchObject(refusedWith('task_too_many', '100 active'));
  });

  test('the model’s context_mode is group or isolated', () => {
    const [definition] = taskTools;
    expect(definition?.input.safeParse({ ...daily, context_mode: 'other' }).success).toBe(false);
    expect(definition?.input.parse(daily)).toMatchObject({ context_mode: 'group' });
  });
});

describe('a file dropped by hand, v1’s way', () => {
  const file = { type: 'schedule_task', prompt: 'p', schedule_type: 'interval', schedule_value: '3600000' };

  test('is done for the chat it names, keeps its id, and is isolated unless it says group', async () => {
    using desk = new TaskTools();
    const v1 = { ...file, targetJid: 'tg:1', taskId: 'task-17-abcdef', createdBy: 'main', timestamp: '2026' };
    await desk.drop(v1, { place: undefined });
    await desk.drop({ ...file, targetJid: 'tg:1', context_mode: 'something' }, { place: undefined });
    await desk.drop({ ...file, targetJid: 'tg:1', context_mode: 'group', script: 'echo' }, { place: undefined });
    expect(desk.store.tasks.all()).toMatchObject([
      { id: 'task-17-abcdef', contextMode: 'isolated', script: undefined },
      { id: 't2', contextMode: 'isolated' },
      { id: 't3', contextMode: 'group', script: 'echo' },
    ]);
    const again = await desk.drop(v1, { place: undefined });
    expect(again).toMatchObject(refusedWith('task_taken', 'already'));
    const ours = await desk.drop({ ...v1, taskId: 't9' }, { place: undefined });
    expect(ours).toMatchObject(refusedWith('task_invalid', 'Leave taskId out'));
    expect(await desk.drop(file, { place: undefined })).toMatchObject(refusedWith('unknown_chat', 'targetJid'));
    await desk.drop({ type: 'pause_task', taskId: 'task-17-abcdef', groupFolder: 'team' });
    expect(desk.store.tasks.get('task-17-abcdef')?.state).toBe('paused');
  });

  test('of another group reaches nothing that is main’s', async () => {
    using desk = new TaskTools();
    await desk.drop({ ...file, targetJid: 'tg:1' });
    for (const type of ['pause_task', 'resume_task', 'cancel_task', 'update_task']) {
      const forged = { type, taskId: 't1', prompt: 'mine', groupFolder: 'main', isMain: true, chatJid: 'tg:1' };
      expect(await desk.drop(forged, { group: 'team' })).toMatchObject(refusedWith('task_foreign', 'another group'));
    }
    expect(desk.store.tasks.get('t1')).toMatchObject({ state: 'active', prompt: 'p' });
    expect(await desk.drop({ type: 'list_tasks' }, { group: 'team' })).toMatchObject({
      result: expect.stringMatching(/no scheduled/),
    });
  });
});

describe('what is changed of a task', () => {
  test('it is paused, resumed from now on, and cancelled for good', async () => {
    using desk = new TaskTools();
    await desk.call('schedule_task', { prompt: 'p', schedule_type: 'interval', schedule_value: '3600000' });
    const anchor = desk.store.tasks.get('t1')?.anchorAt ?? 0;
    expect(await desk.call('pause_task', { task_id: 't1' })).toMatchObject({
      result: expect.stringMatching(/^t1 is paused \(every 1 h\)\.$/),
    });
    desk.clock.advance(5.5 * 3_600_000);
    expect(await desk.call('resume_task', { task_id: 't1' })).toMatchObject({
      result: expect.stringMatching(/^t1 is active .*; next /),
    });
    expect(desk.store.tasks.get('t1')).toMatchObject({ nextRunAt: anchor + 6 * 3_600_000, anchorAt: anchor });
    expect(await desk.call('cancel_task', { task_id: 't1' })).toMatchObject({
      result: expect.stringMatching(/^t1 is cancelled/),
    });
    for (const name of ['pause_task', 'resume_task']) {
      expect(await desk.call(name, { task_id: 't1' })).toMatchObject(refusedWith('task_over', 'was cancelled'));
    }
    expect(await desk.call('pause_task', { task_id: 't7' })).toMatchObject(refusedWith('task_unknown', 'list_tasks'));
  });

  test('a time that went by while it was paused is not run after all: the agent is told', async () => {
    using desk = new TaskTools();
    const at = new Date(desk.clock.now() + 3_600_000).toISOString();
    await desk.call('schedule_task', { prompt: 'p', schedule_type: 'once', schedule_value: at });
    await desk.call('pause_task', { task_id: 't1' });
    desk.clock.advance(2 * 3_600_000);
    expect(await desk.call('resume_task', { task_id: 't1' })).toMatchObject(refusedWith('schedule_past', 'is past'));
    const later = new Date(desk.clock.now() + 3_600_000).toISOString();
    await desk.call('update_task', { task_id: 't1', schedule_value: later });
    expect(await desk.call('resume_task', { task_id: 't1' })).toMatchObject({ ok: true });
    expect(desk.store.tasks.get('t1')?.nextRunAt).toBe(Date.parse(later));
  });

  test('a value alone is read by the task’s own type, and a new time takes effect', async () => {
    using desk = new TaskTools();
    await desk.call('schedule_task', { ...daily, schedule_type: 'interval', schedule_value: '3600000', script: 'x' });
    const update = (more: Record<string, string>) => desk.call('update_task', { task_id: 't1', ...more });
    expect(await update({ schedule_value: '0 9 * * *' })).toMatchObject(refusedWith('schedule_invalid', 'no interval'));
    expect(await update({ schedule_type: 'cron' })).toMatchObject(refusedWith('schedule_invalid', 'together'));
    expect(await update({})).toMatchObject(refusedWith('task_invalid', 'Nothing to change'));
    await update({ schedule_value: '7200000' });
    const task = desk.store.tasks.get('t1');
    expect(task?.nextRunAt).toBe((task?.anchorAt ?? 0) + 7_200_000);
    await update({ schedule_type: 'cron', schedule_value: ' 0 9\n* *  *', script: '', prompt: 'new' });
    expect(desk.store.tasks.get('t1')).toMatchObject({
      schedule: { type: 'cron', value: '0 9 * * *' },
      script: undefined,
      prompt: 'new',
      anchorAt: undefined,
    });
    const at = new Date(desk.clock.now() + 7_200_000).toISOString();
    await update({ schedule_type: 'once', schedule_value: at });
    expect(desk.store.tasks.get('t1')?.nextRunAt).toBe(Date.parse(at));
  });

  test('what is shown of a task is what stands in the store', async () => {
    using desk = new TaskTools();
    await desk.call('schedule_task', { ...daily, prompt: 'word '.repeat(100) });
    await desk.call('schedule_task', { ...daily, target_group_jid: 'tg:-2', schedule_value: '*/20 * * * *' });
    await desk.call('schedule_task', daily, { group: 'team' });
    await desk.call('pause_task', { task_id: 't3' }, { group: 'team' });
    await desk.call('schedule_task', daily);
    await desk.call('cancel_task', { task_id: 't4' });
    const reply = await desk.call('list_tasks', {});
    const lines = reply.ok ? String(reply.result).split('\n') : [];
    expect(lines).toEqual([
      expect.stringMatching(/^t1 · active · every day at 09:00 \(0 9 \* \* \*\) · next .* · “(word )+word…”$/),
      expect.stringMatching(/^t2 · active · every 20 min .* · group team, tg:-2$/),
      expect.stringMatching(/^t3 · paused · .* · group team, tg:-2$/),
    ]);
    const own = await desk.call('list_tasks', {}, { group: 'team' });
    expect(own.ok && String(own.result)).toMatch(/^t2 · .*\nt3 · .*“the news”$/);
  });
});
