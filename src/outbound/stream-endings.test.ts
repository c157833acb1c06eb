import { describe, expect, test } from 'vitest';
import { eventually } from '../../test/eventually.ts';
import { PostOffice } from '../../test/fixtures/post-office.ts';
import { NanoclawError } from '../model/errors.ts';

const edits = { type: 'edit', everyMs: 1_000 } as const;

describe('an answer in a message that is edited', () => {
  test('two results of one turn are two messages', async () => {
    await using office = await PostOffice.open({ streamed: edits });
    const turn = office.turn();
    office.say();
    const input = office.giveMore(turn.id);
    office.stream.onPartial(turn, 'Fir');
    await office.stands('Fir');
    office.result(turn, 'First.');
    await office.stands('First.');
    await office.writes(turn, 'Sec');
    await office.stands('First.', 'Sec');
    office.result({ id: turn.id, input }, 'Second.', { ordinal: 2 });
    await office.stands('First.', 'Second.');
    expect(office.channel.tries).toHaveLength(2);
  });

  test('what is told late of an answer that is complete begins no new message', async () => {
    await using office = await PostOffice.open({ streamed: edits });
    const turn = office.turn();
    office.stream.onPartial(turn, 'Fir');
    await office.stands('Fir');
    office.result(turn, 'First.');
    await office.stands('First.');
    office.stream.onPartial(turn, 'First');
    expect(office.store.streams.ofTurn(turn.id)).toBeUndefined();
  });

  test('an answer that grows beyond one message becomes its first part', async () => {
    await using office = await PostOffice.open({ streamed: edits, capabilities: { textLimits: { length: 100 } } });
    const turn = office.turn();
    const text = 'all work and no play '.repeat(10).trim();
    office.stream.onPartial(turn, text.slice(0, 150));
    const [shown] = await eventually(
      'the beginning',
      () => office.channel.heardIn('tg:1').length > 0 && office.channel.heardIn('tg:1'),
    );
    expect(shown?.endsWith('…')).toBe(true);
    expect(shown?.length).toBeLessThanOrEqual(100);
    office.result(turn, text);
    await eventually('the rest', () => office.channel.heardIn('tg:1').length === 3);
    await office.settled();
    expect(office.channel.heardIn('tg:1').join(' ')).toBe(text);
  });

  test('stopped, it says so below what was written', async () => {
    await using office = await PostOffice.open({ streamed: edits });
    const turn = office.turn();
    office.stream.onPartial(turn, 'Half');
    await office.stands('Half');
    office.result(turn, null, { status: 'stopped' });
    await office.stands('Half\n\n⏹ Stopped.');
  });

  test('given up, it becomes the line that says so', async () => {
    await using office = await PostOffice.open({ streamed: edits });
    let turn = office.turn();
    office.stream.onPartial(turn, 'Half');
    await office.stands('Half');
    for (let attempt = 1; attempt < 6; attempt++) {
      office.end(turn, { type: 'message', reason: 'it broke' });
      expect(office.channel.heardIn('tg:1')).toEqual(['Half']);
      turn = office.turn(turn);
    }
    office.end(turn, { type: 'message', reason: 'it broke' });
    await eventually('the line', () =>
      /I could not answer “hi”.*it broke/.test(office.channel.heardIn('tg:1').join('|')),
    );
    expect(office.channel.heard).toHaveLength(1);
  });

  test('deleted by somebody, it is sent anew', async () => {
    await using office = await PostOffice.open({ streamed: edits });
    const turn = office.turn();
    office.stream.onPartial(turn, 'Half');
    await office.stands('Half');
    office.channel.heard.length = 0;
    await office.writes(turn, 'Half of');
    await eventually('the refusal', () => office.log.join('\n').includes('could not be shown'));
    office.result(turn, 'Whole');
    await office.stands('Whole');
  });

  test('what nobody goes on with is finished as it stands when the host starts', async () => {
    await using office = await PostOffice.open({ streamed: edits });
    const turn = office.turn();
    office.stream.onPartial(turn, 'Half');
    await office.stands('Half');
    office.store.inbox.finish(turn.id, turn.input);
    office.store.turns.end(turn.id, { state: 'done' }, 1);
    office.crash();
    await eventually('the end', () => office.store.messages.newest('tg:1', 9).at(-1)?.text === 'Half');
    expect(office.store.streams.over()).toEqual([]);
  });

  test('in a group it quotes the message that asked', async () => {
    await using office = await PostOffice.open({ streamed: edits });
    office.store.chats.see({ jid: 'tg:1', channel: 'telegram', name: 'All', isGroup: true });
    const turn = office.turn();
    office.stream.onPartial(turn, 'Yes');
    await office.stands('Yes');
    expect(office.channel.heard[0]?.replyTo).toBe('in-1');
    const next = office.turn();
    office.result(next, 'No');
    await office.stands('Yes', 'No');
    expect(office.channel.heard[1]?.replyTo).toBe('in-2');
  });

  test('a chat that is shut is shown nothing and gets the answer later', async () => {
    await using office = await PostOffice.open({ streamed: edits });
    office.channel.shut();
    const turn = office.turn();
    office.stream.onPartial(turn, 'Half');
    await new Promise(setImmediate);
    expect(office.channel.tries).toEqual([]);
    office.result(turn, 'Whole');
    office.end(turn);
    office.channel.open();
    await office.stands('Whole');
  });

  test('a chat that was taken from the group is shown nothing', async () => {
    await using office = await PostOffice.open({ streamed: edits });
    const turn = office.turn();
    office.store.chats.wire('tg:1', undefined);
    office.stream.onPartial(turn, 'Half');
    expect(office.store.streams.ofTurn(turn.id)).toBeUndefined();
  });
});

test('a platform that refuses what is shown does not touch the answer', async () => {
  await using office = await PostOffice.open({ streamed: edits });
  const turn = office.turn();
  office.channel.failNext(new NanoclawError('channel.refused', 'no'));
  office.stream.onPartial(turn, 'Half');
  await eventually('the refusal', () => office.log.join('\n').includes('could not be shown'));
  office.result(turn, 'Whole');
  office.end(turn);
  await office.stands('Whole');
  expect(office.store.facts.get('possible-repeats')).toBeUndefined();
});
