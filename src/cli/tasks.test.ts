import { expect, onTestFinished, test } from 'vitest';
import { nanoclaw } from '../../test/fixtures/command.ts';
import { FakeHost } from '../../test/fixtures/fake-host.ts';
import { InboundDesk } from '../../test/fixtures/receiver.ts';
import { finishTaskRun } from '../acts/finish-task-run.ts';
import { taskHandlers } from '../admin/tasks.ts';
import { Bell } from '../lib/bell.ts';

/** The command line, and the real handlers over a real store behind it. */
async function open() {
  const desk = new InboundDesk();
  onTestFinished(() => desk[Symbol.dispose]());
  const inboxBell = new Bell();
  let rings = 0;
  inboxBell.listen(() => {
    rings += 1;
  });
  const host = await FakeHost.open({ handlers: taskHandlers({ desk: desk.desk, inboxBell }) });
  onTestFinished(() => host[Symbol.asyncDispose]());
  return { desk, rings: () => rings, run: (...args: string[]) => nanoclaw(host.home, ['tasks', ...args]) };
}

const chat = ['--chat', 'tg:1', '--prompt', 'The news\nof today'];

test('a task is added, shown, run by hand, paused, resumed and cancelled', async () => {
  const { desk, rings, run } = await open();
  expect((await run('list')).stdout).toContain('./nanoclaw tasks add');
  const added = await run('add', ...chat, '--cron', '0 9 * * 1-5', '--isolated', '--script', 'echo');
  expect(added.stdout).toMatch(/^t1 is active \(on weekdays at 09:00 \(0 9 \* \* 1-5\)\), next [\d-]+ 09:00\.\n$/);
  expect(desk.store.tasks.get('t1')).toMatchObject({
    contextMode: 'isolated',
    script: 'echo',
    createdBy: 'command line',
  });
  const planned = desk.store.tasks.get('t1')?.nextRunAt;
  const ran = await run('run', 't1');
  const name = /as (m(\d+)): \.\/nanoclaw why/.exec(ran.stdout);
  expect(rings()).toBe(1);
  expect(await run('run', 't1')).toMatchObject({ code: 1, stderr: expect.stringContaining('is running already') });
  finishTaskRun(desk.desk, { message: Number(name?.[2]), outcome: 'failed', detail: 'no\u001b[31m news' });
  expect(desk.store.tasks.get('t1')).toMatchObject({ nextRunAt: planned, failures: 0 });
  const shown = await run('show', 't1');
  expect(shown.stdout).toMatch(
    /Group main, chat tg:1; context: isolated\n.*by command line\nPrompt: The news\nof today/,
  );
  expect(shown.stdout).toMatch(new RegExp(`\\nby hand .*failed +${name?.[1]} +no \\[31m news`));
  const facts = JSON.parse((await run('show', 't1', '--json')).stdout);
  expect(facts).toMatchObject({ id: 't1', nextRunAt: planned, runs: [{ byHand: true, state: 'failed', missed: 0 }] });
  expect((await run('pause', 't1')).stdout).toContain('t1 is paused');
  expect((await run('list')).stdout).toMatch(/^ID .*\nt1 +main +paused +on weekdays .* failed +The news of today\n$/);
  expect((await run('resume', 't1')).stdout).toContain('t1 is active');
  expect((await run('cancel', 't1')).stdout).toContain('t1 is cancelled');
  expect(JSON.parse((await run('list', '--json')).stdout)).toEqual([]);
  expect(JSON.parse((await run('list', '--all', '--json')).stdout)).toMatchObject([{ id: 't1', state: 'cancelled' }]);
});

test('what cannot be is refused in a sentence', async () => {
  const { run } = await open();
  const refusals: [string[], number, string][] = [
    [['add', ...chat], 2, 'Give one of --cron, --interval and --once.'],
    [['add', ...chat, '--cron', '@daily', '--once', '2030-01-01T00:00'], 2, 'Give one of'],
    [['add', ...chat, '--interval', '5'], 1, 'too often'],
    [['add', '--chat', 'tg:404', '--prompt', 'p', '--cron', '@daily'], 1, 'no chat of a group'],
    [['show', 't9'], 1, 'There is no task t9. "./nanoclaw tasks list"'],
    [['show', 't9', '--runs', '0'], 2, '--runs must be a number'],
  ];
  for (const [args, code, words] of refusals) {
    expect({ args, ...(await run(...args)) }).toMatchObject({ args, code, stderr: expect.stringContaining(words) });
  }
});
