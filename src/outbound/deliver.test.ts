import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { eventually } from '../../test/eventually.ts';
import { PostOffice } from '../../test/fixtures/post-office.ts';
import { postMessage, type Said } from '../acts/post-message.ts';
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
    await eventually('the pause', () => office.store.outbox.head('tg:1')?.state === 'due');
    expect(office.store.outbox.head('tg:1')).toMatchObject({ attempts: 0, nextAttemptAt: 0 });
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
    await eventually('the first try', () => office.store.outbox.head('tg:1')?.attempts === 1);
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
