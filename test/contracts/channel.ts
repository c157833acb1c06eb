import { describe, expect, onTestFinished, test } from 'vitest';
import {
  Busy,
  type Channel,
  type ChannelEvents,
  type OutboundPart,
  type Reaction,
  type SeenChat,
} from '../../src/channels/channel.ts';
import { hasCode, NanoclawError } from '../../src/model/errors.ts';
import type { InboundMessage } from '../../src/model/message.ts';

/** A channel and the other side of its platform. */
export interface ChannelUnderTest {
  readonly channel: Channel;
  /** A chat of this channel, at first not yet open. */
  readonly jid: string;
  /** Makes the chat one that can be sent to, and one that cannot. */
  open(): Promise<void>;
  shut(): Promise<void>;
  /** A person says something on the platform; resolves when the platform has passed it on or has given up. */
  say(text: string): Promise<void>;
  /** What the people in the chat read now, in order. */
  heard(): readonly string[];
  /** Where typing can be seen: whether it is shown now. */
  typing?(): boolean;
  /** Where a file can be attached: a person does so; resolves with what `fetch` takes. */
  attach?(bytes: Uint8Array): Promise<string>;
  /** Where an act can be several messages: a person says these so, in that order. */
  act?(texts: readonly string[]): void;
  /** Where there are buttons: those on our newest message. */
  buttons?(): readonly string[];
  /** Where chats can get another id: this one does; gives the new one. */
  move?(): string;
  /** Where the platform can ask to wait: it does so at the next call for this chat. */
  busy?(ms: number): void;
  /** Where calls can be counted: those about the chat so far. */
  calls?(): number;
  /** Where a platform is far away: from now on it takes everything and answers nothing. */
  silence?(): void;
  /** Where the clock can be wound. */
  advance?(ms: number): void;
  close(): Promise<void>;
}

/** For liveness only. */
const deadline = { timeout: 20_000 };

interface Recorded extends ChannelEvents {
  readonly chats: SeenChat[];
  readonly messages: InboundMessage[];
  readonly acts: (readonly string[])[];
  readonly setAside: (readonly InboundMessage[])[];
  readonly moved: (readonly [string, string])[];
  readonly opened: (string | undefined)[];
  refusing: boolean;
  /** A message that fails for a reason of its own. */
  poison: string | undefined;
}

/** The written contract of src/channels/channel.ts, for every channel and for the fake. */
export function channelContract(name: string, make: () => Promise<ChannelUnderTest>): void {
  async function openOne(options: { started: boolean } = { started: true }) {
    const subject = await make();
    onTestFinished(() => subject.close());
    const events = record();
    if (options.started) {
      await subject.channel.start(events, AbortSignal.timeout(10_000));
      await subject.open();
    }
    return { ...subject, events };
  }
  const signal = () => AbortSignal.timeout(10_000);

  describe(`${name} keeps the contract of a channel`, () => {
    test('it has a name, owns its chats and no others', async () => {
      const { channel, jid } = await openOne();
      expect(channel.name).toMatch(/^[a-z]+$/);
      expect(channel.owns(jid)).toBe(true);
      for (const other of ['', 'nobody:1', `x${jid}`]) expect(channel.owns(other)).toBe(false);
      expect(channel.capabilities.textLimits.length).toBeGreaterThan(100);
    });

    test('nothing is received before start', async () => {
      const { channel, say, events } = await openOne({ started: false });
      await say('too early').catch((error: unknown) => expect(error).toBeInstanceOf(Error));
      expect(events.messages).toEqual([]);
      expect(channel.isOpen('terminal:main')).toBe(false);
    });

    test('messages are handed over in order, each with an id of its own', async () => {
      const { say, events, jid } = await openOne();
      for (const text of ['one', 'two', 'two']) await say(text);
      await expect.poll(() => events.messages.map((message) => message.text), deadline).toEqual(['one', 'two', 'two']);
      expect(new Set(events.messages.map((message) => message.platformId)).size).toBe(3);
      for (const message of events.messages) expect(message).toMatchObject({ jid, kind: 'message', revision: 0 });
    });

    test('a message that could not be stored is not lost without anybody knowing', async () => {
      const { say, events } = await openOne();
      events.refusing = true;
      const refused = await say('once more').then(
        () => false,
        () => true,
      );
      events.refusing = false;
      // Either the platform delivers it again, or the person was told that it failed.
      if (!refused) {
        const texts = () => events.messages.map((message) => message.text);
        await expect.poll(texts, deadline).toEqual(['once more']);
      }
    });

    test('a message that nobody can store is set aside, or whoever said it is told; what comes after it is heard', async () => {
      const { say, events, advance } = await openOne();
      events.poison = 'poison';
      const told = await say('poison').then(
        () => false,
        () => true,
      );
      const after = say('after').catch((error: unknown) => error);
      await expect
        .poll(() => {
          advance?.(500);
          return events.messages.map((message) => message.text);
        }, deadline)
        .toEqual(['after']);
      expect(await after).toBeUndefined();
      expect(events.setAside.map((act) => act.map(({ text }) => text))).toEqual(told ? [] : [['poison']]);
    });

    test('what is said in several messages comes as one act, each message on its own and in order', async () => {
      const { act, say, events } = await openOne();
      if (!act) return;
      act(['first picture', '', '']);
      await expect.poll(() => events.acts, deadline).toEqual([['first picture', '', '']]);
      expect(new Set(events.messages.map((message) => message.platformId)).size).toBe(3);
      await say('and a word');
      await expect.poll(() => events.acts.length, deadline).toBe(2);
    });

    test('a chat that gets another id says so once, and what is sent to the old one arrives in the new', async () => {
      const { channel, move, events, heard, jid } = await openOne();
      if (!move) return;
      const to = move();
      await expect.poll(() => events.moved, deadline).toEqual([[jid, to]]);
      await channel.send(part(jid, 'still here?'), signal());
      expect(heard()).toEqual(['still here?']);
      expect(events.moved).toEqual([[jid, to]]);
      expect(channel.owns(to) && channel.isOpen(to)).toBe(true);
    });

    test('while the platform has asked to wait no call is made, and everything works afterwards', async () => {
      const { channel, busy, calls, advance, heard, jid } = await openOne();
      if (!busy || !calls || !advance) return;
      const { platformId } = await channel.send(part(jid, 'before'), signal());
      busy(60_000);
      const refusals: unknown[] = [];
      const failing = async (call: Promise<unknown>) => refusals.push(await call.catch((error: unknown) => error));
      await failing(channel.send(part(jid, 'one'), signal()));
      const before = calls();
      await failing(channel.send(part(jid, 'two'), signal()));
      await failing(channel.edit({ jid, thread: undefined, platformId, text: 'new' }, signal()));
      await failing(channel.react({ jid, platformId, emoji: '👀' }, signal()));
      channel.setTyping(jid, undefined, true);
      await channel.draft({ jid, thread: undefined }, { id: 3, text: 'so' });
      await channel.refresh?.([jid]);
      for (const refusal of refusals) {
        expect(refusal).toBeInstanceOf(Busy);
        expect(refusal).toMatchObject({ code: 'channel.busy' });
      }
      expect(refusals).toHaveLength(4);
      expect(calls()).toBe(before);
      advance(60_000);
      await channel.send(part(jid, 'after'), signal());
      expect(heard()).toEqual(['before', 'after']);
    });

    test('whatever the platform never answers ends soon after its signal, and so does stop', async () => {
      const { channel, silence, advance, jid, attach } = await openOne();
      if (!silence) return;
      const { platformId } = await channel.send(part(jid, 'before'), signal());
      const ref = (await attach?.(new Uint8Array(10))) ?? 'a file';
      silence();
      const giveUp = new AbortController();
      const calls = [
        channel.send(part(jid, 'x'), giveUp.signal),
        channel.edit({ jid, thread: undefined, platformId, text: 'y' }, giveUp.signal),
        channel.react({ jid, platformId, emoji: '👀' }, giveUp.signal),
        channel.fetch(ref, { maxBytes: 100, signal: giveUp.signal }),
      ];
      const hints = [channel.draft({ jid, thread: undefined }, { id: 3, text: 'so' }), channel.refresh?.([jid])];
      channel.setTyping(jid, undefined, true);
      giveUp.abort();
      const ends = await Promise.allSettled(calls);
      for (const end of ends) expect(end).toMatchObject({ status: 'rejected', reason: { code: expect.any(String) } });
      // Hints have no signal: a deadline of the channel's own ends them.
      advance?.(30_000);
      await Promise.all(hints);
      await channel.stop();
      expect(channel.isOpen(jid)).toBe(false);
    });

    test('what is sent is read, in order, and each part has an id', async () => {
      const { channel, heard, jid } = await openOne();
      const ids = [];
      for (const text of ['first', 'second']) ids.push((await channel.send(part(jid, text), signal())).platformId);
      await expect.poll(heard, deadline).toEqual(['first', 'second']);
      expect(new Set(ids.filter((id) => id !== '')).size).toBe(2);
    });

    test('a chat that is not open says so, sending there fails, and its opening is announced', async () => {
      const { channel, jid, open, shut, events, heard } = await openOne();
      await shut();
      await expect.poll(() => channel.isOpen(jid), deadline).toBe(false);
      const error: unknown = await channel.send(part(jid, 'lost?'), signal()).then(
        () => undefined,
        (failure: unknown) => failure,
      );
      expect(error).toBeInstanceOf(Error);
      expect(hasCode(error, 'channel.refused')).toBe(false);
      expect(heard()).toEqual([]);
      const before = events.opened.length;
      await open();
      await expect.poll(() => channel.isOpen(jid), deadline).toBe(true);
      await expect
        .poll(() => events.opened.slice(before).some((one) => one === undefined || one === jid), deadline)
        .toBe(true);
    });

    test('typing never throws, whatever the chat', async () => {
      const { channel, jid } = await openOne();
      for (const chat of [jid, 'nobody:1', '']) {
        channel.setTyping(chat, undefined, true);
        channel.setTyping(chat, 'thread', false);
      }
    });

    test('what was sent can be edited where the platform can, and is refused where it cannot', async () => {
      const { channel, heard, jid } = await openOne();
      const { platformId } = await channel.send(part(jid, 'draft'), signal());
      const edit = (id: string, text: string) =>
        channel.edit({ jid, thread: undefined, platformId: id, text }, signal()).then(
          () => 'done',
          (error: unknown) => (hasCode(error, 'channel.refused') ? 'refused' : error),
        );
      if (!channel.capabilities.edits) {
        expect(await edit(platformId, 'final')).toBe('refused');
        return;
      }
      expect(await edit(platformId, 'final')).toBe('done');
      await expect.poll(heard, deadline).toEqual(['final']);
      // It says so already.
      expect(await edit(platformId, 'final')).toBe('done');
      expect(await edit('987654', 'nothing of ours')).toBe('refused');
      expect(heard()).toEqual(['final']);
    });

    test('an edit with buttons shows these instead, one without takes them away', async () => {
      const { channel, buttons, jid } = await openOne();
      if (!buttons) return;
      const button = (label: string) => [{ label, value: `value ${label}` }];
      const { platformId } = await channel.send({ ...part(jid, 'Sure?'), buttons: button('Yes') }, signal());
      const edit = (text: string, more = {}) =>
        channel.edit({ jid, thread: undefined, platformId, text, ...more }, signal());
      expect(buttons()).toEqual(['Yes']);
      await edit('Really?', { buttons: button('Oh yes') });
      expect(buttons()).toEqual(['Oh yes']);
      await edit('Sure.');
      expect(buttons()).toEqual([]);
    });

    test('how a growing answer is shown is said for every chat, and showing it never fails', async () => {
      const { channel, jid, shut } = await openOne();
      const shown = channel.streaming(jid);
      if (shown.type !== 'none') expect(shown.everyMs).toBeGreaterThan(0);
      if (shown.type === 'edit') expect(channel.capabilities.edits).toBe(true);
      for (const text of ['so', 'so far', '']) await channel.draft({ jid, thread: undefined }, { id: 7, text });
      await shut();
      for (const chat of [jid, 'nobody:1', '']) {
        await channel.draft({ jid: chat, thread: 'thread' }, { id: 8, text: 'nobody reads this' });
      }
    });

    test('a reaction is taken where the platform has them, and says so where it is not', async () => {
      const { channel, jid, shut } = await openOne();
      const { platformId } = await channel.send(part(jid, 'like this?'), signal());
      const react = (reaction: Reaction) =>
        channel.react(reaction, signal()).then(
          () => 'done',
          (error: unknown) => (hasCode(error, 'channel.refused') ? 'refused' : 'failed'),
        );
      const wanted = channel.capabilities.reactions ? 'done' : 'refused';
      for (const emoji of ['👀', '👍', undefined]) expect(await react({ jid, platformId, emoji })).toBe(wanted);
      for (const id of ['', 'nothing']) expect(await react({ jid, platformId: id, emoji: '👀' })).toBe('refused');
      for (const chat of ['nobody:1', '']) expect(await react({ jid: chat, platformId, emoji: '👀' })).toBe('refused');
      await shut();
      expect(await react({ jid, platformId, emoji: '👀' })).not.toBe('done');
    });

    test('what a refresh finds is shown as chats of its own, whatever it was asked about', async () => {
      const { channel, jid, events, shut } = await openOne();
      if (!channel.refresh) return;
      const before = events.messages.length;
      await channel.refresh([jid, 'nobody:1', '']);
      for (const chat of events.chats) {
        expect(channel.owns(chat.jid)).toBe(true);
        expect(chat.name).not.toBe('');
      }
      await shut();
      await channel.refresh([jid]);
      expect(events.messages).toHaveLength(before);
    });

    test('an attachment is fetched whole, and refused when it is too large or nobody knows it', async () => {
      const { channel, attach } = await openOne();
      const fetch = (ref: string, maxBytes: number) => channel.fetch(ref, { maxBytes, signal: signal() });
      await expect(fetch('unheard-of', 1000)).rejects.toMatchObject({ code: 'channel.refused' });
      if (!attach) return;
      const bytes = new Uint8Array(100_000).map((_, at) => at % 251);
      const ref = await attach(bytes);
      expect(Buffer.from(await fetch(ref, bytes.length)).equals(bytes)).toBe(true);
      await expect(fetch(ref, bytes.length - 1)).rejects.toMatchObject({ code: 'channel.refused' });
    });

    test('typing is shown until it is turned off, and ends when something is sent', async () => {
      const { channel, jid, typing } = await openOne();
      if (!typing) return;
      channel.setTyping(jid, undefined, true);
      await expect.poll(typing, deadline).toBe(true);
      await channel.send(part(jid, 'here it is'), signal());
      await expect.poll(typing, deadline).toBe(false);
    });

    test('after stop nothing is handed over, and it can be started again', async () => {
      const { channel, say, open, events, heard, jid } = await openOne();
      await channel.stop();
      await channel.stop();
      await say('while stopped').catch((error: unknown) => expect(error).toBeInstanceOf(Error));
      expect(events.messages).toEqual([]);
      expect(channel.isOpen(jid)).toBe(false);
      const again = record();
      await channel.start(again, signal());
      await open();
      await say('back');
      await expect.poll(() => again.messages.map((message) => message.text), deadline).toContain('back');
      await channel.send(part(jid, 'welcome'), signal());
      await expect.poll(heard, deadline).toEqual(['welcome']);
    });
  });
}

function record(): Recorded {
  const events: Recorded = {
    chats: [],
    messages: [],
    acts: [],
    setAside: [],
    moved: [],
    opened: [],
    refusing: false,
    poison: undefined,
    onMessages(act) {
      if (events.refusing) throw new NanoclawError('inbound.not-stored', 'The disk is full.');
      if (act.some(({ text }) => text === events.poison)) throw new Error('this one breaks us');
      events.acts.push(act.map(({ text }) => text));
      return act.map((message) => events.messages.push(message));
    },
    onSetAside: (act) => events.setAside.push(act),
    onMoved: (from, to) => events.moved.push([from, to]),
    onChat: (chat) => events.chats.push(chat),
    onOpen: (jid) => events.opened.push(jid),
    onClosed: () => undefined,
  };
  return events;
}

function part(jid: string, text: string): OutboundPart {
  return { jid, thread: undefined, text, key: `key-${text}` };
}
