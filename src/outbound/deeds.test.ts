// Edits and reactions leave as messages do: in the chat's order, tried again, given up in the end.
import { describe, expect, test } from 'vitest';
import { eventually } from '../../test/eventually.ts';
import { headOf } from '../../test/fixtures/head-of.ts';
import { PostOffice } from '../../test/fixtures/post-office.ts';
import { type Deed, postDeed } from '../acts/post-deed.ts';
import { postMessage } from '../acts/post-message.ts';
import { NanoclawError } from '../model/errors.ts';
import { outboxName } from '../model/message.ts';

/** Its name. */
function say(office: PostOffice, text: string): string {
  const key = `request:r-${text}`;
  postMessage(office.desk, { key, group: 'main', place: office.place, text });
  return outboxName(office.store.said.ofKey(key)[0]?.id ?? 0);
}

function act(office: PostOffice, deed: Pick<Deed, 'kind' | 'target' | 'text'>): void {
  const key = `request:d-${deed.target}-${deed.text}`;
  postDeed(office.desk, { ...deed, key, group: 'main', place: office.place, turnId: undefined });
}

describe('an edit', () => {
  test('waits for the message it changes, and goes in the chat’s order', async () => {
    await using office = await PostOffice.open();
    const release = office.channel.hold();
    const first = say(office, 'looking');
    act(office, { kind: 'edit', target: first, text: 'found it' });
    say(office, 'after it');
    await eventually('the sending', () => office.channel.tries.length === 1);
    release();
    await office.stands('found it', 'after it');
    await office.settled();
    expect(office.store.messages.newest('tg:1', 5).map(({ kind, text }) => [kind, text])).toEqual([
      ['message', 'looking'],
      ['edit', 'found it'],
      ['message', 'after it'],
    ]);
  });

  test('is tried again, and given up when the platform refuses it; nothing is sent in its place', async () => {
    await using office = await PostOffice.open();
    const first = say(office, 'looking');
    await office.stands('looking');
    office.channel.failNext(new Error('no such luck'));
    act(office, { kind: 'edit', target: first, text: 'found it' });
    await eventually('the second try', () => {
      office.clock.advance(6_000);
      return office.channel.edits.length === 1;
    });
    await office.stands('found it');
    office.channel.failNext(new NanoclawError('channel.refused', 'It is too old.'));
    act(office, { kind: 'edit', target: first, text: 'lost it' });
    await office.stands('found it', '⚠️ A message to tg:1 could not be delivered and was given up: It is too old.');
    expect(office.store.outbox.untold('main')).toMatchObject([{ kind: 'edit', text: 'lost it' }]);
  });

  test('of a message that never arrived is given up with it', async () => {
    await using office = await PostOffice.open();
    office.channel.failNext(new NanoclawError('channel.refused', 'Not this.'));
    const first = say(office, 'looking');
    act(office, { kind: 'edit', target: first, text: 'found it' });
    await eventually('both to be given up', () => office.store.outbox.counts().dead === 2);
    expect(office.channel.edits).toEqual([]);
  });

  test('that was under way when the host died is done again and not counted as a repeat', async () => {
    await using office = await PostOffice.open();
    const first = say(office, 'looking');
    await office.stands('looking');
    office.channel.hold();
    act(office, { kind: 'edit', target: first, text: 'found it' });
    await eventually('the try', () => headOf(office.store, 'tg:1')?.state === 'sending');
    const release = office.channel.hold();
    office.crash();
    release();
    await office.stands('found it');
    expect(office.log.join('\n')).not.toContain('repeat');
  });
});

describe('a reaction', () => {
  test('goes to a person’s message and to one of ours, and can be taken back', async () => {
    await using office = await PostOffice.open();
    office.say();
    const ours = say(office, 'hello');
    act(office, { kind: 'reaction', target: 'm1', text: '👍' });
    act(office, { kind: 'reaction', target: ours, text: '🎉' });
    act(office, { kind: 'reaction', target: 'm1', text: '' });
    await office.settled();
    const out = office.channel.heard[0]?.platformId;
    expect(office.channel.reactions.map(({ platformId, emoji }) => [platformId, emoji])).toEqual([
      ['in-1', '👍'],
      [out, '🎉'],
      ['in-1', undefined],
    ]);
    expect(office.store.said.reactionTo('m1')).toBeUndefined();
    expect(office.store.said.reactionTo(ours)).toBe('🎉');
  });
});
