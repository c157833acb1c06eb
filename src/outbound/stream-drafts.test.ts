import { describe, expect, test } from 'vitest';
import { eventually } from '../../test/eventually.ts';
import { PostOffice } from '../../test/fixtures/post-office.ts';

describe('where drafts vanish by themselves', () => {
  test('a draft grows under one number, and the answer is a message of its own', async () => {
    await using office = await PostOffice.open({ streamed: { type: 'draft', everyMs: 1_000 } });
    const turn = office.turn();
    office.stream.onPartial(turn, 'One');
    await eventually('a draft', () => office.channel.drafts.length === 1);
    await office.writes(turn, 'One two');
    await eventually('another', () => office.channel.drafts.length === 2);
    await office.writes(turn, '');
    await eventually('taken back', () => office.channel.drafts.length === 3);
    expect(office.channel.drafts.map((draft) => draft.text)).toEqual(['One', 'One two', '']);
    const ids = new Set(office.channel.drafts.map((draft) => draft.id));
    expect(ids.size).toBe(1);
    expect([...ids][0]).toBeGreaterThan(0);
    office.result(turn, 'One two three.');
    await office.stands('One two three.');
    expect(office.channel.edits).toEqual([]);
  });

  test('a draft that waits is not shown once the answer is there', async () => {
    await using office = await PostOffice.open({ streamed: { type: 'draft', everyMs: 1_000 } });
    const turn = office.turn();
    office.stream.onPartial(turn, 'One');
    await eventually('a draft', () => office.channel.drafts.length === 1);
    office.stream.onPartial(turn, 'One two');
    office.result(turn, 'One two.');
    await office.stands('One two.');
    office.clock.advance(60_000);
    await new Promise(setImmediate);
    expect(office.channel.drafts).toHaveLength(1);
  });

  test('the line that a turn goes on is shown again before it vanishes', async () => {
    await using office = await PostOffice.open({ streamed: { type: 'draft', everyMs: 1_000 } });
    const turn = office.turn();
    office.stream.onActivity(turn, 'WebSearch');
    office.clock.advance(65_000);
    await eventually('a draft', () => office.channel.drafts.length === 1);
    await new Promise(setImmediate);
    office.clock.advance(25_000);
    await eventually('the same again', () => office.channel.drafts.length === 2);
    expect(new Set(office.channel.drafts.map((one) => one.text))).toEqual(
      new Set(['⏳ working: searching the web (1 min)']),
    );
  });
});
