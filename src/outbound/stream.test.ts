import { describe, expect, test } from 'vitest';
import { eventually } from '../../test/eventually.ts';
import { PostOffice } from '../../test/fixtures/post-office.ts';
import { postMessage } from '../acts/post-message.ts';
import { Busy } from '../channels/channel.ts';
import { NanoclawError } from '../model/errors.ts';

const edits = { type: 'edit', everyMs: 1_000 } as const;

describe('where messages can be edited', () => {
  test('an answer stands in the chat before it is complete, and is one message in the end', async () => {
    await using office = await PostOffice.open({ streamed: edits });
    const turn = office.turn();
    office.stream.onPartial(turn, 'One');
    await office.stands('One');
    await office.writes(turn, 'One two');
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
    await using office = await PostOffice.open({ streamed: edits });
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
    await using office = await PostOffice.open({ streamed: edits });
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
    await using office = await PostOffice.open({ streamed: edits });
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
    await using office = await PostOffice.open({ streamed: edits });
    const turn = office.turn();
    office.channel.shut();
    postMessage(office.desk, { key: 'request:r-1', group: 'main', place: turn.place, turnId: turn.id, text: 'first' });
    office.stream.onPartial(turn, 'sec');
    office.result(turn, 'second');
    office.channel.open();
    await office.stands('first', 'second');
  });

  test('an API retry takes back what was shown', async () => {
    await using office = await PostOffice.open({ streamed: edits });
    const turn = office.turn();
    office.stream.onPartial(turn, 'Wrong');
    await office.stands('Wrong');
    await office.writes(turn, '');
    await office.stands('…');
    await office.writes(turn, 'Right');
    await office.stands('Right');
  });

  test('another attempt edits the same message, also after a crash', async () => {
    await using office = await PostOffice.open({ streamed: edits });
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

  test('a first showing that may have arrived is counted', async () => {
    await using office = await PostOffice.open({ streamed: edits });
    office.channel.failNext(new NanoclawError('channel.unsure', 'No answer came.'));
    office.stream.onPartial(office.turn(), 'Half');
    await eventually('the count', () => office.store.facts.get('possible-repeats') === '1');
  });

  test('killed before it knows where the message stands, the answer is sent anew, and that is counted', async () => {
    await using office = await PostOffice.open({ streamed: edits });
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
});

describe('while the platform asks to wait', () => {
  test('nothing is called, then the newest stands there, and a result in the meantime is not late', async () => {
    await using office = await PostOffice.open({ streamed: edits });
    const turn = office.turn();
    office.stream.onPartial(turn, 'One');
    await office.stands('One');
    let calls = 0;
    let busyUntil = office.clock.now() + 14_000;
    const edit = office.channel.edit.bind(office.channel);
    office.channel.edit = async (sent, signal) => {
      calls += 1;
      const leftMs = busyUntil - office.clock.now();
      if (leftMs > 0) throw new Busy('Telegram', leftMs);
      return edit(sent, signal);
    };
    await office.writes(turn, 'One two');
    await eventually('the first call', () => calls === 1);
    await new Promise(setImmediate);
    for (const text of ['One two three', 'One two three four']) {
      office.clock.advance(2_000);
      office.stream.onPartial(turn, text);
      await new Promise(setImmediate);
    }
    expect(calls).toBe(1);
    office.clock.advance(busyUntil - office.clock.now() + 100);
    await office.stands('One two three four');
    expect(calls).toBe(2);
    // Again, and the result comes while it lasts: it stands there in the moment the wait is over.
    busyUntil = office.clock.now() + 20_000;
    await office.writes(turn, 'One two three four five');
    await eventually('the call', () => calls === 3);
    await new Promise(setImmediate);
    office.result(turn, 'All of it.');
    office.end(turn);
    await eventually('the wait of the result', () => calls === 4);
    await new Promise(setImmediate);
    office.clock.advance(busyUntil - office.clock.now() + 100);
    await office.stands('All of it.');
    expect(calls).toBe(5);
  });
});
