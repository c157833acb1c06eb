import { describe, expect, test } from 'vitest';
import { PostOffice } from '../../test/fixtures/post-office.ts';

const edits = { type: 'edit', everyMs: 1_000 } as const;

describe('a turn of which nothing is seen', () => {
  test('says so where it streams, until its text comes', async () => {
    await using office = await PostOffice.open({ streamed: edits });
    const turn = office.turn();
    office.stream.onActivity(turn, 'Bash');
    office.stream.onActivity(turn, 'mcp__nanoclaw__send_message');
    office.clock.advance(65_000);
    await office.stands('⏳ working: running a command (1 min)');
    await office.writes(turn, 'Done');
    await office.stands('Done');
    office.result(turn, 'Done.');
    await office.stands('Done.');
    expect(office.channel.tries).toHaveLength(1);
  });

  test('an answer without words is said to be one, in the place of that line', async () => {
    await using office = await PostOffice.open({ streamed: edits });
    const turn = office.turn();
    office.stream.onActivity(turn, undefined);
    office.clock.advance(65_000);
    await office.stands('⏳ working (1 min)');
    office.result(turn, '<internal>nothing to say</internal>');
    await office.stands('(My agent finished without a word.)');
  });

  test('says so in one message that is edited, beside the answer, where nothing streams', async () => {
    await using office = await PostOffice.open();
    const turn = office.turn();
    office.stream.onActivity(turn, 'Read');
    office.clock.advance(65_000);
    await office.stands('⏳ working: working on files (1 min)');
    await office.settled();
    office.clock.advance(60_000);
    office.clock.advance(125_000);
    await office.stands('⏳ working: working on files (4 min)');
    office.result(turn, 'Done.');
    await office.stands('⏳ working: working on files (4 min)', 'Done.');
  });

  test('says so again and again where nothing can be edited, and stops with the turn', async () => {
    await using office = await PostOffice.open({ capabilities: { edits: false } });
    const turn = office.turn();
    office.stream.onActivity(turn, undefined);
    office.clock.advance(65_000);
    await office.stands('⏳ working (1 min)');
    office.clock.advance(185_000);
    await office.stands('⏳ working (1 min)', '⏳ working (4 min)');
    office.result(turn, 'Done.');
    office.end(turn);
    await office.settled();
    office.clock.advance(600_000);
    office.clock.advance(600_000);
    await office.settled();
    expect(office.channel.heardIn('tg:1')).toHaveLength(3);
  });

  test('says nothing of what the agent has not taken', async () => {
    await using office = await PostOffice.open({ streamed: edits });
    const turn = office.turn();
    const untaken = office.store.turns.begin({ group: 'main', place: turn.place, retryOf: undefined }, 1);
    office.store.turns.addInput(untaken, () => '{}');
    office.stream.onActivity({ id: untaken, place: turn.place }, undefined);
    office.clock.advance(65_000);
    expect(office.store.streams.ofTurn(untaken)).toBeUndefined();
  });
});
