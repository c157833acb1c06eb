import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { eventually } from '../../test/eventually.ts';
import { headOf } from '../../test/fixtures/head-of.ts';
import { PostOffice } from '../../test/fixtures/post-office.ts';
import { postDeed } from '../acts/post-deed.ts';
import { postMessage, type Said } from '../acts/post-message.ts';
import { Busy } from '../channels/channel.ts';
import { NanoclawError } from '../model/errors.ts';

function say(office: PostOffice, text: string, more: Partial<Said> = {}): void {
  postMessage(office.desk, { key: `request:r-${text}`, group: 'main', place: office.place, text, ...more });
}

function spooled(office: PostOffice, name: string) {
  mkdirSync(office.spool, { recursive: true });
  writeFileSync(join(office.spool, name), 'bytes');
  return { path: name, name: 'report.pdf', mime: 'application/pdf' };
}

/** Tries again whatever is due by then, until it is so. */
async function inTime(office: PostOffice, what: string, look: () => boolean): Promise<void> {
  await eventually(what, () => {
    office.clock.advance(3_600_000);
    return look();
  });
}

describe('a channel that is not open', () => {
  test('pauses its chats and spends nothing, also when it closes while something is sent', async () => {
    await using office = await PostOffice.open();
    const release = office.channel.hold();
    say(office, 'hello');
    await eventually('the sending', () => office.channel.tries.length === 1);
    office.channel.shut();
    release();
    await eventually('the pause', () => headOf(office.store, 'tg:1')?.state === 'due');
    expect(headOf(office.store, 'tg:1')).toMatchObject({ attempts: 0, nextAttemptAt: 0 });
    office.clock.advance(86_400_000);
    await new Promise(setImmediate);
    expect(office.channel.tries).toHaveLength(1);
    office.channel.open();
    await office.stands('hello');
  });
});

describe('a message that no try delivers', () => {
  test('is given up after ten tries; the owner is told, and the agent once', async () => {
    await using office = await PostOffice.open();
    office.channel.failNext(...Array.from({ length: 10 }, () => new Error('no such luck')));
    say(office, 'hello');
    await inTime(office, 'the end', () => office.store.outbox.counts().dead === 1);
    expect(office.channel.tries.filter((part) => part.text === 'hello')).toHaveLength(10);
    await office.stands('⚠️ A message to tg:1 could not be delivered and was given up: no such luck');
    const [lost, ...more] = office.store.outbox.untold('main');
    expect(more).toEqual([]);
    expect(lost).toMatchObject({ text: 'hello', error: 'no such luck' });
    office.store.outbox.tellIn('input-1', lost?.id ?? 0);
    expect(office.store.outbox.untold('main')).toEqual([]);
    office.store.outbox.untell('input-1');
    expect(office.store.outbox.untold('main')).toHaveLength(1);
    office.store.outbox.tellIn('input-2', lost?.id ?? 0);
    office.store.outbox.markTold('input-2');
    office.store.outbox.untell('input-2');
    expect(office.store.outbox.untold('main')).toEqual([]);
  });

  test('is given up at once when the platform refuses it', async () => {
    await using office = await PostOffice.open();
    office.channel.failNext(new NanoclawError('channel.refused', 'blocked'));
    say(office, 'hello');
    say(office, 'next');
    await eventually('the next one', () => office.channel.heardIn('tg:1').includes('next'));
    expect(office.channel.tries.filter((part) => part.text === 'hello')).toHaveLength(1);
  });

  test('is not told of when it is a notice itself', async () => {
    await using office = await PostOffice.open();
    office.channel.failNext(new NanoclawError('channel.refused', 'blocked'));
    say(office, 'careful', { key: 'notice:x' });
    await eventually('the end', () => office.store.outbox.counts().dead === 1);
    await office.settled();
    expect(office.channel.heard).toEqual([]);
    expect(office.store.outbox.untold('main')).toEqual([]);
  });
});

describe('a file', () => {
  test('goes with its words, its quote and its buttons, and is gone from the spool afterwards', async () => {
    await using office = await PostOffice.open();
    const file = spooled(office, 'one');
    const buttons = [{ label: 'Yes', value: 'y' }];
    say(office, 'look', { file, buttons, replyTo: 'in-1' });
    await office.stands('look');
    const path = join(office.spool, 'one');
    expect(office.channel.heard[0]).toMatchObject({ replyTo: 'in-1', buttons, file: { ...file, path } });
    await eventually('the spool to be empty', () => !existsSync(path));
  });

  test('needs no words', async () => {
    await using office = await PostOffice.open();
    say(office, '', { file: spooled(office, 'one') });
    await office.stands('');
  });

  test('stays until it is sent, and is gone when it is given up', async () => {
    await using office = await PostOffice.open();
    const path = join(office.spool, 'one');
    office.channel.failNext(new Error('not now'), new NanoclawError('channel.refused', 'never'));
    say(office, 'look', { file: spooled(office, 'one') });
    await eventually('the first try', () => headOf(office.store, 'tg:1')?.attempts === 1);
    expect(readFileSync(path, 'utf8')).toBe('bytes');
    await inTime(office, 'the end', () => !existsSync(path));
  });

  test('that has vanished is given up at once', async () => {
    await using office = await PostOffice.open();
    say(office, 'look', { file: { path: 'nowhere', name: 'report.pdf' } });
    await office.stands(
      '⚠️ A message to tg:1 could not be delivered and was given up: The file report.pdf is no longer there.',
    );
  });

  test('that no row names is removed when the host starts; one that waits is kept', async () => {
    await using office = await PostOffice.open();
    office.channel.shut();
    say(office, 'look', { file: spooled(office, 'waits') });
    spooled(office, 'left');
    office.crash();
    expect(existsSync(join(office.spool, 'left'))).toBe(false);
    office.channel.open();
    await office.stands('look');
  });
});

describe('a connection that breaks after the bytes have left', () => {
  test.each([
    ['channel.unsure', false, '1'],
    ['channel.unreachable', false, undefined],
    ['channel.unsure', true, undefined],
  ])('%s, and the platform knows keys: %s, is counted as %s repeat', async (code, idempotencyKey, counted) => {
    await using office = await PostOffice.open({ capabilities: { idempotencyKey } });
    office.channel.failNext(new NanoclawError(code, 'No answer came.'));
    say(office, 'hello');
    await inTime(office, 'the second try', () => office.channel.heard.length === 1);
    expect(office.store.facts.get('possible-repeats')).toBe(counted);
  });
});

describe('a host that dies while it sends', () => {
  async function dies(idempotencyKey: boolean): Promise<PostOffice> {
    const office = await PostOffice.open({ capabilities: { idempotencyKey } });
    const release = office.channel.hold();
    say(office, 'hello');
    await eventually('the sending', () => office.channel.tries.length === 1);
    office.crash();
    release();
    await eventually('the mark', () => office.store.outbox.openIn('tg:1') === 0);
    return office;
  }

  test('sends again, and counts it', async () => {
    await using office = await dies(false);
    expect(office.channel.heardIn('tg:1')).toEqual(['hello', 'hello']);
    expect(office.store.facts.get('possible-repeats')).toBe('1');
    expect(office.log.join('\n')).toContain('"key":"request:r-hello/1","count":1');
  });

  test('repeats nothing where the platform knows the key', async () => {
    await using office = await dies(true);
    expect(office.channel.heardIn('tg:1')).toEqual(['hello']);
    expect(office.store.facts.get('possible-repeats')).toBeUndefined();
  });
});

describe('a platform that asks to wait', () => {
  test('is asked again when that is over, not before and not later, and no try is spent', async () => {
    await using office = await PostOffice.open();
    office.channel.failNext(new Busy('Telegram', 40_000), new Busy('Telegram', 9_000));
    say(office, 'one');
    say(office, 'two');
    await eventually('the first try', () => office.channel.tries.length === 1);
    const at = office.clock.now();
    await eventually('the wait', () => headOf(office.store, 'tg:1')?.state === 'due');
    const waits = headOf(office.store, 'tg:1');
    expect(waits).toMatchObject({ text: 'one', attempts: 0 });
    expect(Math.abs((waits?.nextAttemptAt ?? 0) - at - 40_000)).toBeLessThan(1_000);
    office.clock.advance((waits?.nextAttemptAt ?? 0) - office.clock.now() - 500);
    await new Promise(setImmediate);
    expect(office.channel.tries).toHaveLength(1);
    // No sweep is due yet: it is the time itself that wakes us.
    office.clock.advance(500);
    await eventually('the second try', () => office.channel.tries.length === 2);
    await eventually('the wait', () => headOf(office.store, 'tg:1')?.state === 'due');
    office.clock.advance(9_000);
    await office.stands('one', 'two');
    expect(office.store.said.ofKey('request:r-one')).toMatchObject([{ attempts: 1 }]);
  });
});

describe('a row that goes on failing', () => {
  test('holds up its own thread alone, and after two minutes nobody', async () => {
    await using office = await PostOffice.open();
    let broken = true;
    const send = office.channel.send.bind(office.channel);
    office.channel.send = async (part, signal) => {
      if (broken && part.text === 'broken') throw new Error('500: something is wrong with this one');
      return send(part, signal);
    };
    say(office, 'broken');
    say(office, 'after it');
    say(office, 'in a thread', { place: { jid: 'tg:1', thread: '7' } });
    await office.stands('in a thread');
    office.clock.advance(60_000);
    await eventually('another try', () => (headOf(office.store, 'tg:1')?.attempts ?? 0) >= 2);
    expect(office.channel.heardIn('tg:1')).toEqual(['in a thread']);
    office.clock.advance(61_000);
    await office.stands('in a thread', 'after it');
    say(office, 'and more');
    await office.stands('in a thread', 'after it', 'and more');
    broken = false;
    await inTime(office, 'the late one', () => office.channel.heard.length === 4);
    expect(office.channel.heardIn('tg:1').at(-1)).toBe('broken');
  });
});

test('a reaction that the platform refuses is told to the agent, not to the owner, and history does not claim it', async () => {
  await using office = await PostOffice.open();
  office.say();
  office.channel.react = async () => {
    throw new NanoclawError('channel.refused', 'Telegram lets no bot react with 🦖.');
  };
  postDeed(office.desk, {
    key: 'request:r-react',
    group: 'main',
    place: office.place,
    turnId: undefined,
    kind: 'reaction',
    target: 'm1',
    text: '🦖',
  });
  await office.settled();
  expect(office.store.outbox.untold('main')).toMatchObject([{ kind: 'reaction', target: 'm1', state: 'dead' }]);
  expect(office.store.messages.newest('tg:1', 9).map(({ kind }) => kind)).toEqual(['message']);
  expect(office.channel.heard).toEqual([]);
});
