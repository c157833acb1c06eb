import { existsSync, lstatSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { eventually } from '../../test/eventually.ts';
import { tempDirectory } from '../../test/temp-directory.ts';
import { WindableClock } from '../../test/windable-clock.ts';
import { Bell } from '../lib/bell.ts';
import { createLog } from '../lib/log.ts';
import { NanoclawError } from '../model/errors.ts';
import type { Attachment, IncomingAttachment } from '../model/message.ts';
import { Store } from '../store/store.ts';
import { AttachmentFetcher } from './fetch-attachments.ts';
import { keepAttachments } from './keep-attachments.ts';

const photo: IncomingAttachment = { kind: 'photo', name: 'cat.jpg', mime: 'image/jpeg', size: 3, ref: 'cat' };
type Fetch = (ref: string, options: { maxBytes: number; signal: AbortSignal }) => Promise<Uint8Array>;

class Desk implements AsyncDisposable {
  readonly #directory = tempDirectory();
  readonly folder = join(this.#directory.path, 'groups', 'main');
  readonly outside = join(this.#directory.path, 'outside');
  readonly clock = new WindableClock();
  readonly store = Store.open(join(this.#directory.path, 'db', 'messages.db'));
  readonly bell = new Bell();
  readonly inboxBell = new Bell();
  fetch: Fetch = async () => Buffer.from('cat');
  readonly fetched: string[] = [];
  readonly shut = new Set<string>();
  #fetcher: AttachmentFetcher | undefined;
  #said = 0;

  constructor() {
    for (const path of [this.folder, this.outside]) mkdirSync(path, { recursive: true });
    const group = { folder: 'main', name: 'Main', isMain: true, trigger: '@Andy', requiresTrigger: false };
    this.store.groups.save({ ...group, model: undefined, egress: 'llm-only', allow: [], mounts: [] }, 1);
  }

  open(): this {
    const { store, clock, bell, inboxBell } = this;
    this.#fetcher = new AttachmentFetcher({
      ...{ store, clock, bell, inboxBell, owner: undefined },
      log: createLog('silent', process.stdout),
      groupsDirectory: join(this.folder, '..'),
      isOpen: (jid) => !this.shut.has(jid),
      fetch: ({ ref }, options) => {
        this.fetched.push(ref);
        return this.fetch(ref, options);
      },
    });
    this.#fetcher.start();
    return this;
  }

  async close(): Promise<void> {
    await this.#fetcher?.stop();
  }

  /** A message with files, as the receiver stores it. */
  say(files: readonly Partial<IncomingAttachment>[], jid = 'tg:1'): number {
    this.store.chats.see({ jid, channel: 'telegram', name: 'Ann', isGroup: false });
    const sender = { senderId: '5', senderName: 'Ann', mentionsAssistant: false, fromOwner: false, replyTo: undefined };
    const said = { jid, platformId: String(++this.#said), kind: 'message' as const, revision: 0, text: '', sentAt: 1 };
    const now = this.clock.now();
    const seq = this.store.messages.insertInbound({ ...said, ...sender, thread: undefined }, 'member', now) ?? 0;
    const all = files.map((file) => ({ ...photo, ...file }));
    const heldUntil = keepAttachments(this.store, { files: all, quoted: [] }, { seq, now });
    this.store.inbox.add({ group: 'main', place: { jid, thread: undefined }, message: seq, wakes: true, heldUntil });
    this.bell.ring();
    return seq;
  }

  due(): boolean {
    return this.store.inbox.dueGroups(this.clock.now()).length > 0;
  }

  async settled(seq: number): Promise<Attachment[]> {
    return eventually('the attachments to be settled', () => {
      const files = this.store.attachments.ofMessage(seq);
      return files.every((file) => file.state !== 'pending') ? files : undefined;
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
    this.store.close();
    this.#directory[Symbol.dispose]();
  }
}

test('what came with a message is put into the folder of its group, and only then the message goes on', async () => {
  await using desk = new Desk().open();
  let rung = 0;
  using _listening = desk.inboxBell.listen(() => {
    rung += 1;
  });
  const seq = desk.say([{}, { ref: 'other' }]);
  expect(desk.due()).toBe(false);
  const [first, second] = await desk.settled(seq);
  expect(first).toMatchObject({ state: 'ready', size: 3, path: `attachments/m${seq}-cat.jpg` });
  expect(second).toMatchObject({ state: 'ready', path: `attachments/m${seq}.2-cat.jpg` });
  expect(readFileSync(join(desk.folder, first?.path ?? ''), 'utf8')).toBe('cat');
  expect(lstatSync(join(desk.folder, second?.path ?? '')).mode & 0o777).toBe(0o600);
  expect(desk.due()).toBe(true);
  expect(rung).toBe(1);
});

test('a refusal is final and told in its own words; the message goes on at once', async () => {
  await using desk = new Desk().open();
  desk.fetch = async () => {
    throw new NanoclawError('channel.refused', 'The file is gone.');
  };
  const seq = desk.say([{}]);
  expect(await desk.settled(seq)).toMatchObject([{ state: 'failed', error: 'The file is gone.' }]);
  expect(desk.due()).toBe(true);
  expect(desk.fetched).toHaveLength(1);
});

test('what is larger than the cap is not asked for, and not kept when a platform gives it all the same', async () => {
  await using desk = new Desk().open();
  desk.fetch = async (_ref, { maxBytes }) => new Uint8Array(maxBytes + 1);
  const seq = desk.say([{ size: 20_000_001 }, { size: undefined, ref: 'liar' }]);
  const why = 'It is larger than the 20 MB that can be fetched.';
  expect(await desk.settled(seq)).toMatchObject([
    { state: 'failed', error: why },
    { state: 'failed', error: why },
  ]);
  expect(desk.fetched).toEqual(['liar']);
  expect(existsSync(join(desk.folder, 'attachments'))).toBe(false);
});

test('a failure is tried again, while the message waits and after, and given up in the end', async () => {
  await using desk = new Desk().open();
  desk.fetch = async () => {
    throw new Error('no way through');
  };
  const seq = desk.say([{}]);
  await eventually('three tries', () => {
    desk.clock.advance(2_000);
    return desk.fetched.length >= 3;
  });
  expect(desk.due()).toBe(false);
  desk.clock.advance(60_000);
  expect(desk.due()).toBe(true);
  desk.fetch = async () => Buffer.from('late');
  await desk.settled(seq);
  expect(readFileSync(join(desk.folder, 'attachments', `m${seq}-cat.jpg`), 'utf8')).toBe('late');

  desk.fetch = async () => {
    throw new Error('no way through');
  };
  const never = desk.say([{}]);
  const before = desk.fetched.length;
  await eventually('the end', () => {
    desk.clock.advance(60_000);
    return desk.store.attachments.ofMessage(never)[0]?.state === 'failed';
  });
  expect(desk.store.attachments.ofMessage(never)).toMatchObject([{ error: expect.stringContaining('sent again') }]);
  expect(desk.fetched.length - before).toBe(15);
});

test('days without the host or the platform cost no try: the file comes when the chat is open again', async () => {
  await using desk = new Desk();
  const seq = desk.say([{}]);
  desk.clock.advance(3 * 86_400_000);
  desk.fetch = () => Promise.reject(new Error('no way through'));
  desk.open();
  await eventually('the first try', () => desk.fetched.length === 1);
  desk.shut.add('tg:1');
  for (let n = 0; n < 48; n++) await new Promise(setImmediate).then(() => desk.clock.advance(3_600_000));
  expect(desk.fetched).toHaveLength(1);
  expect(desk.store.attachments.ofMessage(seq)).toMatchObject([{ state: 'pending' }]);
  desk.fetch = async () => Buffer.from('cat');
  desk.shut.clear();
  desk.clock.advance(2_000);
  expect(await desk.settled(seq)).toMatchObject([{ state: 'ready' }]);
});

test('chats that are not open stand in nobody’s way, however many', async () => {
  await using desk = new Desk().open();
  for (let n = 10; n < 20; n++) {
    desk.shut.add(`tg:${n}`);
    desk.say([{}, {}], `tg:${n}`);
  }
  expect(await desk.settled(desk.say([{}], 'tg:1'))).toMatchObject([{ state: 'ready' }]);
  expect(desk.fetched).toHaveLength(1);
});

test('a fetch that was cut off by the end of the host is begun again at the next start', async () => {
  await using desk = new Desk().open();
  desk.fetch = () => new Promise(() => undefined);
  const seq = desk.say([{}]);
  await eventually('the fetch to be under way', () => desk.fetched.length === 1);
  await desk.close();
  expect(desk.store.attachments.ofMessage(seq)).toMatchObject([{ state: 'pending' }]);
  desk.fetch = async () => Buffer.from('cat');
  desk.clock.advance(3_600_000);
  desk.open();
  expect(await desk.settled(seq)).toMatchObject([{ state: 'ready' }]);
});

test('a fetch that hangs is given up after its deadline and tried again', async () => {
  await using desk = new Desk().open();
  desk.fetch = () => new Promise(() => undefined);
  const seq = desk.say([{}]);
  await eventually('the fetch to be under way', () => desk.fetched.length === 1);
  desk.fetch = async () => Buffer.from('cat');
  desk.clock.advance(120_000);
  await eventually('another try', () => {
    desk.clock.advance(2_000);
    return desk.fetched.length > 1;
  });
  expect(await desk.settled(seq)).toMatchObject([{ state: 'ready' }]);
});

test('a chat whose files hang holds up no other chat', async () => {
  await using desk = new Desk().open();
  desk.fetch = async (ref) => (ref === 'hangs' ? new Promise(() => undefined) : Buffer.from('cat'));
  for (let n = 0; n < 20; n++) desk.say([{ ref: 'hangs' }]);
  await eventually('its fetches to be under way', () => desk.fetched.length === 2);
  expect(await desk.settled(desk.say([{}, {}, {}], 'tg:2'))).toMatchObject(Array(3).fill({ state: 'ready' }));
  expect(desk.fetched.filter((ref) => ref === 'hangs')).toHaveLength(2);
});

test.each([
  ['a link to a directory outside', (at: string, outside: string) => symlinkSync(outside, at)],
  ['a dangling link', (at: string) => symlinkSync('/nowhere/at/all', at)],
  ['a plain file', (at: string) => writeFileSync(at, '')],
])(
  '%s in the place of attachments/ is not followed: the file has failed, and the agent is told',
  async (_what, plant) => {
    await using desk = new Desk().open();
    plant(join(desk.folder, 'attachments'), desk.outside);
    const [file] = await desk.settled(desk.say([{}]));
    expect(file).toMatchObject({ state: 'failed', error: expect.stringContaining('attachments/') });
    expect(file?.error).not.toContain(desk.folder);
    expect(readdirSync(desk.outside)).toEqual([]);
    expect(desk.due()).toBe(true);
  },
);

test('a link in the place of the file is replaced, never written through', async () => {
  await using desk = new Desk().open();
  writeFileSync(join(desk.outside, 'secret'), 'secret');
  mkdirSync(join(desk.folder, 'attachments'));
  symlinkSync(join(desk.outside, 'secret'), join(desk.folder, 'attachments', 'm1-cat.jpg'));
  expect(await desk.settled(desk.say([{}]))).toMatchObject([{ state: 'ready', path: 'attachments/m1-cat.jpg' }]);
  expect(readFileSync(join(desk.outside, 'secret'), 'utf8')).toBe('secret');
  expect(readFileSync(join(desk.folder, 'attachments', 'm1-cat.jpg'), 'utf8')).toBe('cat');
});
