import { expect, onTestFinished, test } from 'vitest';
import { eventually } from '../../../test/eventually.ts';
import { chatOf, MemoryPlatform } from '../../../test/fixtures/memory-platform.ts';
import { WindableClock } from '../../../test/windable-clock.ts';
import { NanoclawError } from '../../model/errors.ts';
import type { InboundMessage } from '../../model/message.ts';
import type { ChannelEvents } from '../channel.ts';
import type { Piece } from './platform.ts';

interface Spoken extends Piece {
  readonly who?: string;
  readonly where?: string;
  readonly text?: string;
  /** A file of this kind hangs on it. */
  readonly with?: 'photo' | 'voice' | 'document';
  readonly kind?: InboundMessage['kind'];
  readonly thread?: string;
  readonly about?: string;
}

async function openIntake() {
  const clock = new WindableClock();
  const platform = new MemoryPlatform({ clock });
  const acts: string[][] = [];
  const setAside: string[][] = [];
  const refuses = new Map<string, Error>();
  const refusesAside = new Map<string, Error>();
  const texts = (act: readonly InboundMessage[]) => act.map(({ text }) => text);
  const failing = (act: readonly InboundMessage[], errors: ReadonlyMap<string, Error>) => {
    for (const { text } of act) {
      const error = errors.get(text);
      if (error) throw error;
    }
  };
  const events: ChannelEvents = {
    onMessages(act) {
      failing(act, refuses);
      acts.push(texts(act));
      return act.map((_, at) => at);
    },
    onSetAside(act) {
      failing(act, refusesAside);
      setAside.push(texts(act));
    },
    onMoved: () => undefined,
    onChat: () => undefined,
    onOpen: () => undefined,
    onClosed: () => undefined,
  };
  await platform.channel.start(events, AbortSignal.timeout(10_000));
  onTestFinished(() => platform.channel.stop());
  const incoming = (spoken: Spoken) => {
    const { who = 'ann', where = 'mem:garden', text = '', kind = 'message', thread, about } = spoken;
    const attachments = spoken.with
      ? [{ kind: spoken.with, name: undefined, mime: undefined, size: 1, ref: 'f' }]
      : undefined;
    const replyTo = about === undefined ? undefined : { id: about, sender: 'Bob', text: 'x' };
    const more = { senderId: who, kind, thread, replyTo, ...(attachments ? { attachments } : {}) };
    const message = platform.message(where, text, more);
    return platform.incoming({ type: 'message', chat: chatOf(where), message, piece: spoken });
  };
  const say = (...batch: Spoken[]) => platform.push(batch.map(incoming));
  return { platform, clock, acts, setAside, refuses, refusesAside, say, incoming };
}

const long = 'x'.repeat(4_096);
const photo: Spoken = { with: 'photo' };

test.each<[string, Spoken[], string[][]]>([
  ['a plain text', [{ text: 'hi' }], [['hi']]],
  ['two plain texts', [{ text: 'hi' }, { text: 'you' }], [['hi'], ['you']]],
  ['a voice message', [{ with: 'voice' }], [['']]],
  ['a photo with words', [{ ...photo, text: 'our cat' }], [['our cat']]],
  ['a photo and its text', [photo, { text: 'what is it?' }], [['', 'what is it?']]],
  ['a text and what the app cut off it', [{ text: long }, { text: 'the end' }], [[long, 'the end']]],
  ['a text of three pieces', [{ text: long }, { text: long }, { text: 'end' }], [[long, long, 'end']]],
  ['a long text, then a command', [{ text: long }, { text: '/stop' }], [[long], ['/stop']]],
  ['an edit of something long', [{ text: long, kind: 'edit' }], [[long]]],
  ['a press', [{ text: 'yes', kind: 'click' }], [['yes']]],
  ['a forward and what is asked about it', [{ text: 'news', forwarded: true }, { text: 'true?' }], [['news', 'true?']]],
  ['a photo, then a command', [{ ...photo }, { text: '/stop' }], [[''], ['/stop']]],
  ['a photo, then a reply to something else', [photo, { text: 'yes', about: '7' }], [[''], ['yes']]],
  ['a text before a photo', [{ text: 'look' }, { ...photo, text: 'here' }], [['look'], ['here']]],
])('nothing is waited for when nothing more can follow: %s', async (_, batch, wanted) => {
  const { say, acts } = await openIntake();
  say(...batch);
  expect(acts).toEqual(wanted);
});

test.each<[string, Spoken[], string[][]]>([
  [
    'an album',
    [
      { ...photo, album: 'a', text: 'us' },
      { ...photo, album: 'a' },
      { ...photo, album: 'a' },
    ],
    [['us', '', '']],
  ],
  ['a comment and its forward', [{ text: 'see' }, { text: 'news', forwarded: true }], [['see', 'news']]],
  [
    'a comment and two forwards',
    [{ text: 'see' }, { text: 'one', forwarded: true }, { text: 'two', forwarded: true }],
    [['see', 'one', 'two']],
  ],
  [
    'forwards alone',
    [
      { text: 'one', forwarded: true },
      { text: 'two', forwarded: true },
    ],
    [['one', 'two']],
  ],
  ['a command and a forward', [{ text: '/new' }, { text: 'news', forwarded: true }], [['/new'], ['news']]],
  ['a long text', [{ text: long }], [[long]]],
  ['a photo without words', [photo], [['']]],
  ['two photos, one after the other', [photo, photo], [['', '']]],
  ['photos of two people', [photo, { ...photo, who: 'bob' }], [[''], ['']]],
  ['photos in two topics', [photo, { ...photo, thread: '7' }], [[''], ['']]],
])('what may go on waits a moment, and no longer: %s', async (_, batch, wanted) => {
  const { say, acts, clock } = await openIntake();
  say(...batch);
  expect(acts.flat().length).toBeLessThan(wanted.flat().length);
  clock.advance(700);
  await eventually('the act', () => acts.flat().length === wanted.flat().length);
  expect(acts).toEqual(wanted);
});

test('what comes later goes on with it; a forward that comes after its comment was heard stands alone', async () => {
  const { say, acts, clock } = await openIntake();
  say({ ...photo, album: 'a', text: 'us' });
  clock.advance(300);
  say({ ...photo, album: 'a' });
  clock.advance(600);
  expect(acts).toEqual([]);
  clock.advance(100);
  await eventually('the album', () => acts.length === 1);
  say({ text: 'see' });
  say({ text: 'news', forwarded: true });
  clock.advance(700);
  await eventually('the forward', () => acts.length === 3);
  expect(acts).toEqual([['us', ''], ['see'], ['news']]);
});

test('an act that does not end is over after 3 s', async () => {
  const { say, acts, clock } = await openIntake();
  for (let at = 0; at < 5; at += 1) {
    say({ text: `${at}`, forwarded: true });
    clock.advance(600);
  }
  await eventually('the act', () => acts.length > 0);
  expect(acts).toEqual([['0', '1', '2', '3', '4']]);
});

test('nobody else waits for it: other people, other chats', async () => {
  const { say, acts } = await openIntake();
  say(photo, { who: 'bob', text: 'hello' }, { where: 'mem:park', text: 'hi' });
  expect(acts).toEqual([['hello'], ['hi']]);
});

test('what is something else of the same person ends it, in order', async () => {
  const { say, acts } = await openIntake();
  say({ ...photo, album: 'a' }, { text: 'better', kind: 'edit' });
  expect(acts).toEqual([[''], ['better']]);
});

test('what is told again while it is gathered is one and the same', async () => {
  const { platform, acts, clock, incoming } = await openIntake();
  const first = incoming({ ...photo, album: 'a' });
  platform.push([first]);
  platform.push([first, incoming({ ...photo, album: 'a' })]);
  clock.advance(700);
  await eventually('the album', () => acts.length > 0);
  expect(acts).toEqual([['', '']]);
});

test('a message that fails five times is set aside; its chat waits for that, others do not', async () => {
  const { say, acts, setAside, refuses, clock, platform } = await openIntake();
  refuses.set('poison', new Error('breaks us'));
  say({ text: 'poison' }, { text: 'behind it' }, { where: 'mem:park', text: 'elsewhere' });
  expect(acts).toEqual([['elsewhere']]);
  expect(platform.settled).toHaveLength(1);
  let tries = 1;
  for (const waitMs of [500, 1_000, 2_000, 4_000]) {
    expect(setAside).toEqual([]);
    clock.advance(waitMs);
    tries += 1;
    const failures = () => platform.log.filter((line) => line.includes('could not be taken')).length;
    await eventually('the next try', () => failures() === tries);
  }
  expect(setAside).toEqual([['poison']]);
  expect(acts).toEqual([['elsewhere'], ['behind it']]);
  expect(platform.settled).toHaveLength(3);
});

test('a whole act is set aside together', async () => {
  const { say, setAside, refuses, clock } = await openIntake();
  refuses.set('see', new Error('breaks us'));
  say({ text: 'see' }, { text: 'news', forwarded: true });
  await eventually('setting aside', () => {
    clock.advance(1_000);
    return setAside.length > 0;
  });
  expect(setAside).toEqual([['see', 'news']]);
});

test('where the place cannot store, everything waits, however long it takes, and nothing is set aside', async () => {
  const { say, acts, setAside, refuses, refusesAside, clock, platform } = await openIntake();
  const full = new NanoclawError('inbound.not-stored', 'The disk is full.');
  refuses.set('one', full);
  say({ text: 'one' }, { where: 'mem:park', text: 'two' });
  for (let at = 0; at < 20; at += 1) clock.advance(10_000);
  expect(acts).toEqual([]);
  refuses.clear();
  clock.advance(10_000);
  await eventually('both', () => acts.length === 2);
  expect(acts).toEqual([['one'], ['two']]);
  // Also where it cannot even set aside.
  refuses.set('poison', new Error('breaks us'));
  refusesAside.set('poison', full);
  say({ text: 'poison' });
  for (let at = 0; at < 20; at += 1) clock.advance(10_000);
  expect(setAside).toEqual([]);
  expect(platform.settled).toHaveLength(2);
  refusesAside.clear();
  clock.advance(10_000);
  await eventually('setting aside', () => setAside.length === 1);
});

test('what cannot be read is left out, and what comes after it is heard', async () => {
  const { platform, acts, incoming } = await openIntake();
  const odd = {
    id: 'odd',
    read: () => {
      throw new Error('a shape nobody knows');
    },
  };
  platform.push([odd, incoming({ text: 'hi' })]);
  expect(acts).toEqual([['hi']]);
  expect(platform.log.join()).toContain('left out');
});

test('a clock that is set back holds up neither an act that may go on nor what is offered again', async () => {
  const { clock, acts, say, refuses } = await openIntake();
  say(photo);
  clock.setBack(3_600_000);
  clock.advance(700);
  await eventually('the photo', () => acts.length === 1);
  refuses.set('hi', new NanoclawError('inbound.not-stored', 'The disk is full.'));
  say({ text: 'hi' });
  clock.setBack(3_600_000);
  refuses.clear();
  clock.advance(1_000);
  await eventually('what could not be stored', () => acts.length === 2);
});
