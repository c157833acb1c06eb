// What may be spent a day: whose budget is spent waits for midnight or for a bigger one, unspent and told once.
import { expect, test } from 'vitest';
import { connectAdmin } from '../../src/admin/client.ts';
import { fail, say } from '../../src/gateway/rehearsal/reply.ts';
import { localDay, nextDayAt } from '../../src/lib/local-day.ts';
import { eventually } from '../eventually.ts';
import { type House, openHouse } from '../house.ts';

/** Less than any turn costs. */
const tiny = '0.0000001';
const zone = 'Europe/Berlin';

const rowOf = (house: House, seq: number) => house.withStore((store) => store.inbox.ofMessage(seq));

const sums = (house: House) => house.withStore((store) => store.usage.since('2000-01-01'));

/** Where no midnight can come before the test is over. */
async function open(settings: Record<string, string> = {}): Promise<House> {
  const house = await openHouse({ settings });
  const now = house.clock.now();
  house.clock.advance(nextDayAt(now, zone) - now + 3_600_000);
  house.rehearsal.script = (context) => say(`re ${context.person.map((one) => one.text).join(', ')}`);
  return house;
}

async function isHeld(house: House, seq: number): Promise<void> {
  await eventually('the message to wait for the budget', () => {
    const row = rowOf(house, seq);
    return row?.state === 'waiting' && row.cause === 'budget' && row.next_attempt_at > house.clock.now();
  });
}

async function midnight(house: House): Promise<void> {
  const now = house.clock.now();
  house.clock.advance(nextDayAt(now, zone) - now);
}

test('a spent budget: the next message is held, told once, nothing is spent on it, and midnight answers it', async () => {
  await using house = await open({ BUDGET_DAILY_USD: tiny });
  house.say('one');
  expect(await house.hears(1)).toEqual(['re one']);
  const first = house.say('two');
  await isHeld(house, first);
  const second = house.say('three');
  await isHeld(house, second);
  expect(rowOf(house, first)).toMatchObject({
    attempts: 0,
    claims: 0,
    turn_id: null,
    next_attempt_at: nextDayAt(house.clock.now(), zone),
  });
  expect(await house.hears(2)).toEqual(['re one', expect.stringMatching(/budget of all groups.*BUDGET_DAILY_USD/)]);
  expect(house.rehearsal.count).toBe(1);
  const before = localDay(house.clock.now(), zone);
  await midnight(house);
  expect((await house.hears(3)).slice(2)).toEqual(['re two, three']);
  expect(sums(house).map(({ day, group, results }) => ({ day, group, results }))).toEqual([
    { day: before, group: 'main', results: 1 },
    { day: localDay(house.clock.now(), zone), group: 'main', results: 1 },
  ]);
});

test('a host that starts anew holds what was held and tells nobody twice; with a bigger budget it answers at once', async () => {
  await using house = await open({ BUDGET_DAILY_USD: tiny });
  house.say('one');
  await house.hears(1);
  const seq = house.say('two');
  await isHeld(house, seq);
  await house.hears(2);
  await house.close();
  await house.open();
  await eventually('another look', () => (rowOf(house, seq)?.cause_tries ?? 0) >= 2);
  await isHeld(house, seq);
  expect(house.heard()).toHaveLength(2);
  await house.close();
  Object.defineProperty(house, 'config', { value: { ...house.config, dailyBudgetUsd: 1_000 } });
  await house.open();
  expect((await house.hears(3))[2]).toBe('re two');
  expect(rowOf(house, seq)).toMatchObject({ state: 'done', attempts: 0 });
});

test('a group over its own budget waits while another works; its chat hears a line, main the cure; raising it is enough', async () => {
  await using house = await open();
  house.group('team', 'tg:2', { requiresTrigger: false });
  const admin = await connectAdmin(house.app.socketPath);
  await using _admin = { [Symbol.asyncDispose]: async () => admin.close() };
  await admin.call('groups.set', { folder: 'team', budget: 0.000_000_1 });
  house.say('hello');
  await house.hears(1);
  house.say('one', { jid: 'tg:2' });
  await house.hears(1, { jid: 'tg:2' });
  const seq = house.say('two', { jid: 'tg:2' });
  await isHeld(house, seq);
  expect((await house.hears(2, { jid: 'tg:2' }))[1]).toMatch(/^⏸ What I may spend today is spent.*will be answered\.$/);
  expect(await house.hears(2)).toEqual([
    're hello',
    expect.stringMatching(/groups set team --budget USD.*\(tg:2 waits\.\)/),
  ]);
  house.say('still there?');
  expect((await house.hears(3))[2]).toBe('re still there?');
  const { budgets } = await admin.call('usage', {});
  expect(budgets).toEqual([{ group: 'team', limitUsd: 0.000_000_1, spentUsd: expect.any(Number), leftUsd: 0 }]);
  await admin.call('groups.set', { folder: 'team', budget: 1_000 });
  expect((await house.hears(3, { jid: 'tg:2' }))[2]).toBe('re two');
  expect(rowOf(house, seq)).toMatchObject({ state: 'done', attempts: 0 });
});

test('one group spends what all may: another waits with it, a freed one does not', async () => {
  await using house = await open({ BUDGET_DAILY_USD: tiny });
  house.group('team', 'tg:2', { requiresTrigger: false });
  house.say('one');
  await house.hears(1);
  const seq = house.say('two', { jid: 'tg:2' });
  await isHeld(house, seq);
  const admin = await connectAdmin(house.app.socketPath);
  await using _admin = { [Symbol.asyncDispose]: async () => admin.close() };
  await admin.call('groups.set', { folder: 'team', budget: 'none' });
  expect((await house.hears(2, { jid: 'tg:2' }))[1]).toBe('re two');
  expect((await admin.call('groups.list', {})).map(({ folder, budget }) => ({ folder, budget }))).toEqual([
    { folder: 'main', budget: null },
    { folder: 'team', budget: 'none' },
  ]);
  await admin.call('groups.set', { folder: 'team', budget: 'default' });
  await isHeld(house, house.say('three', { jid: 'tg:2' }));
});

test('a follow-up to a running turn is given to it, whatever was spent meanwhile', async () => {
  await using house = await open({ BUDGET_DAILY_USD: tiny });
  house.rehearsal.script = (context) => say(`re ${context.text}`, { delayMs: context.count === 1 ? 3_000 : 0 });
  house.say('one');
  await house.rehearsal.seen(1, 60_000);
  const seq = house.say('and two');
  expect(await house.hears(2)).toEqual(['re one', 're and two']);
  expect(rowOf(house, seq)).toMatchObject({ cause: null });
});

test('every result is counted once, by day, group and model: a failed try too; /usage tells it', async () => {
  await using house = await open({ MODEL: 'claude-sonnet-4-5' });
  house.rehearsal.script = (context) =>
    context.count === 1 ? say('one', { usage: { input_tokens: 1_000, output_tokens: 100 } }) : fail(400);
  house.say('one');
  await house.hears(1);
  await eventually('the sums', () => sums(house).length > 0);
  expect(sums(house)).toEqual([
    {
      day: localDay(house.clock.now(), zone),
      group: 'main',
      model: expect.stringMatching(/^claude-sonnet-4-5/),
      results: 1,
      inputTokens: 1_000,
      outputTokens: 100,
      cacheReadTokens: 0,
      cacheWriteTokens: 0,
      costUsd: expect.closeTo(0.0045, 6),
    },
  ]);
  const seq = house.say('two');
  await eventually('a failed try', () => rowOf(house, seq)?.state === 'dead');
  expect(sums(house).reduce((count, one) => count + one.results, 0)).toBe(2);
  house.say('/usage');
  await eventually('the figures', () =>
    house.heard().some((text) => /^Today: about \$0\.00 \(1\.0k tokens in, 100 out\)/.test(text)),
  );
});
