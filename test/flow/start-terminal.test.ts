// `start` at a real pseudo-terminal: the real host beside it, the real sandbox, what a person sees.
import { expect, test } from 'vitest';
import { Machine } from '../fixtures/machine.ts';
import { ready } from '../fixtures/runner.ts';

await ready();

const local = { settings: { CONTAINER_RUNTIME: 'local' } };
const all = Array.from({ length: 25 }, (_, index) => String(index + 1)).join('\n');

test.each([
  ['leaves', '\u0004'],
  ['is killed', undefined],
])(
  'an answer that is finished when its terminal %s is shown at the next visit, once, and the host ends',
  async (_, key) => {
    await using machine = new Machine(local);
    using first = machine.terminal(['start']);
    await first.until(/^›$/m);
    first.type('count: 25\r');
    await first.until(/\n2\n3\n/);
    if (key === undefined) first.kill();
    else {
      first.type(key);
      await first.until(/you see it when you come back/);
      expect(await first.ended).toBe(0);
    }
    using second = machine.terminal(['start']);
    await second.until(/\n25\n\n— rehearsal model\n\n›$/);
    expect(second.text().split(`\nAndy\n${all}\n`)).toHaveLength(2);
    second.type('\u0004');
    expect(await second.ended).toBe(0);
    using third = machine.terminal(['start']);
    await third.until(/^›$/m);
    // Only as something said before.
    expect(third.text()).not.toContain('\n25\n');
    third.type('\u0004');
    await third.ended;
    await expect.poll(() => machine.processes()).toEqual([]);
  },
);

test('a host that has a schedule stays when its terminal is left, and says so', async () => {
  await using machine = new Machine(local);
  using terminal = machine.terminal(['start']);
  await terminal.until(/^›$/m);
  const task = ['tasks', 'add', '--chat', 'terminal:main', '--cron', '0 9 * * *', '--prompt', 'news'];
  expect(await machine.run(task)).toMatchObject({ code: 0 });
  terminal.type('/quit\r');
  await terminal.until(/The host goes on for a schedule \(pid \d+\)\. Stop it: \.\/nanoclaw stop\./);
  expect(await terminal.ended).toBe(0);
  expect((await machine.status()).pid).toBeGreaterThan(0);
  expect(await machine.run(['stop'])).toMatchObject({ code: 0 });
});

test('a terminal that obeys nothing gets plain text without any code', async () => {
  await using machine = new Machine(local);
  using terminal = machine.terminal(['start'], { TERM: 'dumb' });
  await terminal.until(/model default/);
  terminal.type('hello\n');
  await terminal.until(/Andy: Hello!/);
  terminal.type('/quit\n');
  expect(await terminal.ended).toBe(0);
  expect(terminal.raw).not.toContain('\u001b');
});
