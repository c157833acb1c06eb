import { expect, test } from 'vitest';
import { eventually } from '../../test/eventually.ts';
import { headOf } from '../../test/fixtures/head-of.ts';
import { openTurnParts } from '../../test/fixtures/turn-parts.ts';
import { forgetStaleSession, isStale, noteRun } from '../acts/run-facts.ts';
import type { InboundMessage } from '../model/message.ts';
import { Dispatcher } from './dispatcher.ts';
import type { TurnParts } from './parts.ts';
import { Turn } from './turn.ts';

/** Main is `main`; whoever writes, writes to `anna`. */
function open(change: (parts: TurnParts) => TurnParts = (parts) => parts) {
  const house = openTurnParts(['main', 'anna']);
  const { store } = house;
  const parts = change(house.parts);
  const anna = store.groups.get('anna');
  if (!anna) throw new Error('there is no group');
  const place = { jid: 'tg:anna', thread: undefined };
  const say = (text: string) => {
    const message: InboundMessage = {
      ...{ jid: place.jid, platformId: text, kind: 'message', revision: 0, thread: undefined, senderId: '7', text },
      ...{ senderName: 'Ann', sentAt: 1, mentionsAssistant: false, fromOwner: false, replyTo: undefined },
    };
    const seq = store.messages.insertInbound(message, 'member', house.clock.now());
    if (seq === undefined) throw new Error('not stored');
    store.inbox.add({ group: 'anna', place, message: seq, wakes: true });
    return seq;
  };
  const said = (jid: string) => headOf(house.store, jid)?.text;
  const stateOf = (seq: number) => store.inbox.ofMessage(seq)?.state;
  return { ...house, parts, anna, place, say, said, stateOf };
}

test('a message that cannot be read is given up and told; what stands before and behind it goes on without it', () => {
  using house = open();
  const { store, parts, anna, place, say, stateOf } = house;
  const [first, poison, last] = [say('first'), say('poison'), say('last')];
  const real = store.attachments.ofMessage.bind(store.attachments);
  store.attachments.ofMessage = (seq) => {
    if (seq === poison) throw new Error('malformed');
    return real(seq);
  };
  const turn = Turn.begin(parts, anna, place);
  expect([first, poison, last].map(stateOf)).toEqual(['claimed', 'dead', 'claimed']);
  expect(store.turns.inputs(turn?.id ?? '')[0]?.body).toMatch(/first.*last/s);
  expect(house.said('tg:anna')).toContain('I could not answer “poison”');
  // While a turn runs as well.
  const second = say('poison too');
  store.attachments.ofMessage = (seq) => {
    if (seq === second) throw new Error('malformed');
    return real(seq);
  };
  expect(turn?.claimMore()).toBe(false);
  expect(stateOf(second)).toBe('dead');
});

test('whatever keeps a turn from beginning is counted: six times, then the chat is told; the owner at once', async () => {
  using house = open((parts) => ({
    ...parts,
    heldBy: () => {
      throw new TypeError('cannot read <this>');
    },
  }));
  const { parts, store, say, stateOf, clock } = house;
  const dispatcher = new Dispatcher(parts);
  dispatcher.adopt();
  dispatcher.start();
  const seq = say('hello');
  for (let tries = 1; tries <= 5; tries += 1) {
    parts.inboxBell.ring();
    await eventually(`try ${tries} to be counted`, () => store.inbox.ofMessage(seq)?.attempts === tries);
    expect(house.said('tg:main')).toContain('A turn in tg:anna could not be prepared: cannot read ‹this>');
    clock.advance(100_000);
  }
  await eventually('it to be given up', () => stateOf(seq) === 'dead');
  expect(house.said('tg:anna')).toMatch(/^⚠️ I could not answer “hello” \(m1\): my host could not prepare it\./);
  expect(store.inbox.dueGroups(clock.now())).toEqual([]);
  await dispatcher.stop(new AbortController().signal);
});

test('a group that is gone takes along what came for it in that moment', async () => {
  using house = open();
  const { parts, store, say, stateOf } = house;
  const seq = say('too late');
  store.groups.remove('anna');
  const dispatcher = new Dispatcher(parts);
  dispatcher.adopt();
  dispatcher.start();
  await eventually('it to be given up', () => stateOf(seq) === 'dead');
  await dispatcher.stop(new AbortController().signal);
});

test('a new conversation that is asked for while the old container is still being looked for begins one', () => {
  using house = open((parts) => ({
    ...parts,
    launcher: Object.assign(Object.create(parts.launcher), { leftovers: () => new Promise(() => undefined) }),
  }));
  const { parts, store } = house;
  const dispatcher = new Dispatcher(parts);
  noteRun(store, 'anna', { runId: 'run-1', shape: 'x' });
  const before = store.sessions.ofGroup('anna', 1);
  dispatcher.adopt();
  dispatcher.renew('anna');
  expect(isStale(store, 'anna', 'run-1')).toBe(true);
  // What that container says of its session at its end counts no more.
  store.sessions.set('anna', before, 2);
  forgetStaleSession(store, 'anna', 'run-1');
  expect(store.sessions.ofGroup('anna', 3)).not.toBe(before);
});
