import { describe, expect, test } from 'vitest';
import { eventually } from '../../test/eventually.ts';
import { PostOffice } from '../../test/fixtures/post-office.ts';
import { postMessage } from '../acts/post-message.ts';
import { NanoclawError } from '../model/errors.ts';

const everyMs = 1_000;

async function editing(options: Parameters<typeof PostOffice.open>[0] = {}): Promise<PostOffice> {
  const office = await PostOffice.open(options);
  office.channel.streamed = { type: 'edit', everyMs };
  return office;
}

/** The agent has written so far; as long after the last change as the platform wants. */
async function writes(office: PostOffice, turn: Parameters<PostOffice['stream']['onPartial']>[0], text: string) {
  // What runs in the chat may end its pause only once it has begun it.
  await new Promise(setImmediate);
  office.clock.advance(everyMs);
  await new Promise(setImmediate);
  office.stream.onPartial(turn, text);
}

describe('where messages can be edited', () => {
  test('an answer stands in the chat before it is complete, and is one message in the end', async () => {
    await using office = await editing();
    const turn = office.turn();
    office.stream.onPartial(turn, 'One');
    await office.stands('One');
    await writes(office, turn, 'One two');
    await office.stands('One two');
    expect(office.store.messages.newest('tg:1', 9).map((one) => one.direction)).toEqual(['in']);
    office.result(turn, 'One two three.');
    office.end(turn);
    await office.stands('One two three.');
    await office.settled();
    expect(office.channel.tries).toHaveLength(1);
    expect(office.store.messages.newest('tg:1', 9).map((one) => one.text)).toEqual(['hi', 'One two three.']);
  });

  test('is edited no oftener than the platform wants, always with the newest text', async () => {
    await using office = await editing();
    office.channel.streamed = { type: 'edit', everyMs: 50_000 };
    const turn = office.turn();
    office.stream.onPartial(turn, 'a');
    await office.stands('a');
    for (const text of ['ab', 'abc', 'abcd']) office.stream.onPartial(turn, text);
    await new Promise(setImmediate);
    expect(office.channel.edits).toEqual([]);
    office.clock.advance(50_000);
    await office.stands('abcd');
    expect(office.channel.edits).toHaveLength(1);
  });

  test('a result that overtakes the first sending waits for it and edits it', async () => {
    await using office = await editing();
    const release = office.channel.hold();
    const turn = office.turn();
    office.stream.onPartial(turn, 'One');
    await eventually('the sending', () => office.channel.tries.length === 1);
    office.result(turn, 'One two.');
    office.end(turn);
    release();
    await office.stands('One two.');
    await office.settled();
    expect(office.channel.tries).toHaveLength(1);
  });

  test('what follows in the chat does not wait for it, and what was said before it goes first', async () => {
    await using office = await editing();
    const turn = office.turn();
    office.stream.onPartial(turn, 'An');
    await office.stands('An');
    const message = { group: 'main', place: turn.place, turnId: turn.id, text: 'by the way' };
    postMessage(office.desk, { ...message, key: 'request:r-1' });
    await office.stands('An', 'by the way');
    office.result(turn, 'An answer');
    await office.stands('An answer', 'by the way');
  });

  test('is not begun while something said before it waits', async () => {
    await using office = await editing();
    const turn = office.turn();
    office.channel.shut();
    postMessage(office.desk, { key: 'request:r-1', group: 'main', place: turn.place, turnId: turn.id, text: 'first' });
    office.stream.onPartial(turn, 'sec');
    office.result(turn, 'second');
    office.channel.open();
    await office.stands('first', 'second');
  });

  test('an API retry takes back what was shown', async () => {
    await using office = await editing();
    const turn = office.turn();
    office.stream.onPartial(turn, 'Wrong');
    await office.stands('Wrong');
    await writes(office, turn, '');
    await office.stands('…');
    await writes(office, turn, 'Right');
    await office.stands('Right');
  });

  test('another attempt edits the same message, also after a crash', async () => {
    await using office = await editing();
    const first = office.turn();
    office.stream.onPartial(first, 'Half an ans');
    await office.stands('Half an ans');
    office.crash();
    office.end(first);
    const second = office.turn(first);
    office.stream.onPartial(second, 'A whole');
    await office.stands('A whole');
    office.result(second, 'A whole answer');
    office.end(second);
    await office.stands('A whole answer');
    await office.settled();
    expect(office.channel.tries).toHaveLength(1);
  });

  test('killed before it knows where the message stands, the answer is sent anew, and that is counted', async () => {
    await using office = await editing();
    const release = office.channel.hold();
    const first = office.turn();
    office.stream.onPartial(first, 'Half');
    await eventually('the sending', () => office.channel.tries.length === 1);
    office.crash();
    release();
    await office.stands('Half');
    office.end(first);
    const second = office.turn(first);
    office.result(second, 'Whole');
    office.end(second);
    await office.stands('Half', 'Whole');
    expect(office.store.facts.get('possible-repeats')).toBe('1');
    expect(office.log.join('\n')).toContain(`"key":"stream:${first.id}/1"`);
  });

  test('two results of one turn are two messages', async () => {
    await using office = await editing();
    const turn = office.turn();
    office.say();
    const input = office.giveMore(turn.id);
    office.stream.onPartial(turn, 'Fir');
    await office.stands('Fir');
    office.result(turn, 'First.');
    await office.stands('First.');
    await writes(office, turn, 'Sec');
    await office.stands('First.', 'Sec');
    office.result({ id: turn.id, input }, 'Second.', { ordinal: 2 });
    await office.stands('First.', 'Second.');
    expect(office.channel.tries).toHaveLength(2);
  });

  test('what is told late of an answer that is complete begins no new message', async () => {
    await using office = await editing();
    const turn = office.turn();
    office.stream.onPartial(turn, 'Fir');
    await office.stands('Fir');
    office.result(turn, 'First.');
    await office.stands('First.');
    office.stream.onPartial(turn, 'First');
    expect(office.store.streams.ofTurn(turn.id)).toBeUndefined();
  });

  test('an answer that grows beyond one message becomes its first part', async () => {
    await using office = await editing({ capabilities: { maxTextLength: 100 } });
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
    await using office = await editing();
    const turn = office.turn();
    office.stream.onPartial(turn, 'Half');
    await office.stands('Half');
    office.result(turn, null, { status: 'stopped' });
    await office.stands('Half\n\n⏹ Stopped.');
  });

  test('given up, it becomes the line that says so', async () => {
    await using office = await editing();
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
    await using office = await editing();
    const turn = office.turn();
    office.stream.onPartial(turn, 'Half');
    await office.stands('Half');
    office.channel.heard.length = 0;
    await writes(office, turn, 'Half of');
    await eventually('the refusal', () => office.log.join('\n').includes('could not be shown'));
    office.result(turn, 'Whole');
    await office.stands('Whole');
  });

  test('what nobody goes on with is finished as it stands when the host starts', async () => {
    await using office = await editing();
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
    await using office = await editing();
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
    await using office = await editing();
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
    await using office = await editing();
    const turn = office.turn();
    office.store.chats.wire('tg:1', undefined);
    office.stream.onPartial(turn, 'Half');
    expect(office.store.streams.ofTurn(turn.id)).toBeUndefined();
  });
});

describe('a turn of which nothing is seen', () => {
  test('says so where it streams, until its text comes', async () => {
    await using office = await editing();
    const turn = office.turn();
    office.stream.onActivity(turn, 'Bash');
    office.stream.onActivity(turn, 'mcp__nanoclaw__send_message');
    office.clock.advance(65_000);
    await office.stands('⏳ working: running a command (1 min)');
    await writes(office, turn, 'Done');
    await office.stands('Done');
    office.result(turn, 'Done.');
    await office.stands('Done.');
    expect(office.channel.tries).toHaveLength(1);
  });

  test('an answer without words is said to be one, in the place of that line', async () => {
    await using office = await editing();
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
    await using office = await editing();
    const turn = office.turn();
    const untaken = office.store.turns.begin({ group: 'main', place: turn.place, retryOf: undefined }, 1);
    office.store.turns.addInput(untaken, () => '{}');
    office.stream.onActivity({ id: untaken, place: turn.place }, undefined);
    office.clock.advance(65_000);
    expect(office.store.streams.ofTurn(untaken)).toBeUndefined();
  });
});

describe('where drafts vanish by themselves', () => {
  test('a draft grows under one number, and the answer is a message of its own', async () => {
    await using office = await PostOffice.open();
    office.channel.streamed = { type: 'draft', everyMs };
    const turn = office.turn();
    office.stream.onPartial(turn, 'One');
    await eventually('a draft', () => office.channel.drafts.length === 1);
    await writes(office, turn, 'One two');
    await eventually('another', () => office.channel.drafts.length === 2);
    await writes(office, turn, '');
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
    await using office = await PostOffice.open();
    office.channel.streamed = { type: 'draft', everyMs };
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
    await using office = await PostOffice.open();
    office.channel.streamed = { type: 'draft', everyMs };
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

test('a platform that refuses what is shown does not touch the answer', async () => {
  await using office = await editing();
  const turn = office.turn();
  office.channel.failNext(new NanoclawError('channel.refused', 'no'));
  office.stream.onPartial(turn, 'Half');
  await eventually('the refusal', () => office.log.join('\n').includes('could not be shown'));
  office.result(turn, 'Whole');
  office.end(turn);
  await office.stands('Whole');
  expect(office.store.facts.get('possible-repeats')).toBeUndefined();
});
