import { readdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import pino from 'pino';
import { describe, expect, test } from 'vitest';
import { InboundDesk } from '../../test/fixtures/receiver.ts';
import { setAside } from './set-aside.ts';

function texts(desk: InboundDesk, jid = 'tg:1', group = 'main'): string[] {
  const rows = desk.store.inbox.waitingAt(group, { jid, thread: undefined }, { now: desk.clock.now() });
  return rows.map((row) => desk.store.messages.get(row.message_seq)?.text ?? '');
}

/** Gives what waits to a turn, as the dispatcher does. */
function take(desk: InboundDesk): void {
  const place = { jid: 'tg:1', thread: undefined };
  const turnId = desk.store.turns.begin({ group: 'main', place, retryOf: undefined }, 1);
  const input = desk.store.turns.addInput(turnId, () => 'body');
  desk.store.inbox.claim(
    { turnId, inputId: input.id },
    desk.store.inbox.waitingAt('main', place, { now: desk.clock.now() }),
  );
}

describe('an edit', () => {
  const edit = (revision: number) => ({ kind: 'edit', revision, platformId: 'one' }) as const;

  test('takes the place of a message that still waits, and the newest edit that of all', () => {
    using desk = new InboundDesk();
    const first = desk.say('frist', { platformId: 'one' }) ?? 0;
    desk.say('after it');
    desk.say('first', edit(1));
    const newest = desk.say('the first', edit(3)) ?? 0;
    desk.say('late', edit(2));
    expect(texts(desk)).toEqual(['the first', 'after it']);
    expect(desk.store.messages.get(newest)).toMatchObject({ kind: 'edit', original: first });
    expect(desk.store.inbox.ofMessage(newest)).toMatchObject({ wakes: 1 });
    expect(desk.say('the first', edit(3))).toBeUndefined();
  });

  test('that adds the trigger wakes; one that takes it away leaves awake what was', () => {
    using desk = new InboundDesk();
    desk.say('what is the time?', { jid: 'tg:-2', platformId: 'one' });
    expect(texts(desk, 'tg:-2', 'team')).toEqual([]);
    desk.say('@Andy what is the time?', { jid: 'tg:-2', ...edit(1) });
    desk.say('what is the time, Andy?', { jid: 'tg:-2', ...edit(2) });
    expect(texts(desk, 'tg:-2', 'team')).toEqual(['what is the time, Andy?']);
  });

  test('after the message was taken is context for the next turn, whatever it says', () => {
    using desk = new InboundDesk();
    desk.say('first', { platformId: 'one' });
    take(desk);
    const seq = desk.say('first, but better', edit(1)) ?? 0;
    expect(desk.store.inbox.ofMessage(seq)).toMatchObject({ wakes: 0, state: 'waiting' });
    desk.say('best', edit(2));
    expect(desk.store.inbox.dueGroups(desk.clock.now())).toEqual([]);
    desk.say('next');
    expect(texts(desk)).toEqual(['best', 'next']);
  });

  test('of a message we never had is context; one that says a command is no command', () => {
    using desk = new InboundDesk();
    const seq = desk.say('/stop', edit(1)) ?? 0;
    expect(desk.store.inbox.ofMessage(seq)).toMatchObject({ wakes: 0 });
    expect(desk.store.messages.get(seq)?.original).toBeUndefined();
    expect(desk.done).toEqual([]);
  });
});

test('a reaction is context and names its message; a press on a button wakes like a message', () => {
  using desk = new InboundDesk();
  const first = desk.say('hello', { platformId: 'one' }) ?? 0;
  take(desk);
  const replyTo = { id: 'one', sender: undefined, text: undefined };
  desk.say('👍', { kind: 'reaction', platformId: 'r1', replyTo });
  desk.say('', { kind: 'reaction', platformId: 'r1', revision: 1, replyTo });
  expect(desk.store.inbox.dueGroups(desk.clock.now())).toEqual([]);
  desk.say('yes', { kind: 'click' });
  expect(texts(desk)).toEqual([`[reacted 👍 to m${first}]`, `[took back a reaction to m${first}]`, 'yes']);
});

test('a code to pair with is stored nowhere: not in a message, an edit or a quotation', () => {
  using desk = new InboundDesk();
  const code = 'ABCD2345';
  // Another one is waited for: this one is heard, and refused.
  desk.store.pairings.open('telegram', { codeHash: '0'.repeat(64), expiresAt: desk.clock.now() + 60_000 });
  const seqs = [
    desk.say(`/pair ${code}`),
    desk.say(`/PAIR@andy_bot ${code}`, { jid: 'tg:77' }),
    desk.say(`oops: /pair ${code}`),
    desk.say(`/pair ${code}`, { kind: 'edit', revision: 1 }),
    desk.say('what is this?', { replyTo: { id: 'x', sender: 'Bob', text: `/pair ${code}` } }),
  ];
  for (const seq of seqs) {
    expect(seq).toBeDefined();
    expect(JSON.stringify(desk.store.messages.get(seq ?? 0))).toMatch(/\/pair/i);
    expect(JSON.stringify(desk.store.messages.get(seq ?? 0))).not.toContain(code);
  }
  expect(desk.logged.join()).not.toContain(code);
});

describe('a chat that no group has', () => {
  const stranger = { jid: 'tg:-9', senderId: 'sam', senderName: 'Sam' };

  test('is announced to the owner in one line ever, when we are called there', () => {
    using desk = new InboundDesk();
    desk.say('@Andy hello', { ...stranger, mentionsAssistant: true });
    expect(desk.heard()).toEqual([]);
    desk.store.owners.add({ channel: 'telegram', senderId: 'ann', name: 'Ann' }, 1);
    desk.store.chats.see({ jid: 'tg:-9', channel: 'telegram', name: `Fam'; rm -rf ~ #`, isGroup: true });
    expect(desk.say('hello all', stranger)).toBeUndefined();
    expect(desk.say('@Andy hello', { ...stranger, mentionsAssistant: true })).toBeUndefined();
    desk.say('@Andy hello', { ...stranger, mentionsAssistant: true });
    const lines = desk.heard();
    expect(lines).toEqual([expect.stringMatching(/called in “Fam rm -rf” \(tg:-9\) by Sam/)]);
    expect(lines[0]).toContain("./nanoclaw groups add --jid tg:-9 --name 'Fam rm -rf' --folder fam-rm-rf`");
    expect(lines[0]).toContain('./nanoclaw groups wire --jid tg:-9 --folder FOLDER`');
    expect(desk.heard('tg:-9')).toEqual([]);
  });

  test('hears nothing from us there, whatever a stranger commands', () => {
    using desk = new InboundDesk();
    desk.store.owners.add({ channel: 'telegram', senderId: 'ann', name: 'Ann' }, 1);
    for (const text of ['/help', '/status', '/stop', 'hello']) expect(desk.say(text, stranger)).toBeUndefined();
    expect(desk.heard('tg:-9')).toEqual([]);
  });
});

test('files of somebody who may only be overheard are named and not fetched', () => {
  using desk = new InboundDesk();
  const list = { default: { allow: ['ann'], mode: 'trigger' } };
  writeFileSync(join(desk.path, 'sender-allowlist.json'), JSON.stringify(list));
  const attachments = [{ kind: 'photo' as const, name: 'cat.jpg', mime: undefined, size: 3, ref: 'cat' }];
  const seq = desk.say('', { senderId: 'stranger', attachments }) ?? 0;
  expect(desk.store.attachments.ofMessage(seq)).toMatchObject([
    { state: 'failed', error: expect.stringContaining('overheard') },
  ]);
  expect(desk.store.attachments.ofMessage(desk.say('', { attachments }) ?? 0)).toMatchObject([{ state: 'pending' }]);
});

describe('what cannot be stored', () => {
  test('for the message’s own fault is thrown as it is; the others of its act are not stored without it', () => {
    using desk = new InboundDesk();
    const poison = desk.message('poison');
    Object.defineProperty(poison, 'replyTo', {
      get: () => {
        throw new TypeError('no quote');
      },
    });
    expect(() => desk.act(desk.message('first'), poison)).toThrow(TypeError);
    expect(desk.store.messages.newest('tg:1', 9)).toEqual([]);
    expect(desk.say('next')).toBeDefined();
  });

  test.each(['SQLITE_FULL', 'SQLITE_BUSY', 'SQLITE_READONLY', 'ENOSPC'])('for %s is to be tried again', (code) => {
    using desk = new InboundDesk();
    const add = desk.store.inbox.add;
    desk.store.inbox.add = () => {
      throw Object.assign(new Error(code), { code });
    };
    expect(() => desk.say('hello')).toThrow(expect.objectContaining({ code: 'inbound.not-stored' }));
    desk.store.inbox.add = add;
    expect(desk.say('hello')).toBeDefined();
  });

  test('and is set aside stands in a file, a hundred at most, and the owner hears of it once a day for each chat', () => {
    using desk = new InboundDesk();
    const directory = join(desk.path, 'failed');
    const { desk: parts } = desk;
    const log = pino({ level: 'silent' });
    const aside = (text: string, jid = 'tg:-2') =>
      setAside({ desk: parts, log, directory }, [desk.message(text, { jid })], new Error('why'));
    aside('/pair ABCD2345');
    const [file = ''] = readdirSync(directory);
    const path = join(directory, file);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(JSON.parse(readFileSync(path, 'utf8'))).toMatchObject({ error: 'why', messages: [{ text: '/pair ***' }] });
    for (let n = 0; n < 110; n++) {
      desk.clock.advance(1);
      aside(`message ${n}`);
    }
    expect(readdirSync(directory)).toHaveLength(100);
    expect(readdirSync(directory)).not.toContain(file);
    expect(desk.heard()).toEqual([expect.stringContaining(`could not be taken in`)]);
    aside('elsewhere', 'tg:1');
    desk.clock.advance(86_400_000);
    aside('later');
    expect(desk.heard()).toHaveLength(2);
  });
});

describe('a text that is too long for a prompt', () => {
  const long = `${'so long '.repeat(20_000)}the end`;
  const folder = (desk: InboundDesk) => join(desk.path, 'main', 'attachments');

  test('is a file named by its message, written once however often it comes', () => {
    using desk = new InboundDesk();
    const message = desk.message(long);
    const [seq] = desk.act(message);
    expect(desk.act(message)).toEqual([undefined]);
    expect(readdirSync(folder(desk))).toEqual([`m${seq}.txt`]);
    expect(readFileSync(join(folder(desk), `m${seq}.txt`), 'utf8')).toBe(long);
    expect(desk.store.messages.get(seq ?? 0)?.text).toContain(
      `all of it is in /workspace/group/attachments/m${seq}.txt`,
    );
    // The host died between the two: whatever the platform repeats is written then.
    rmSync(join(folder(desk), `m${seq}.txt`));
    desk.act(message);
    expect(readdirSync(folder(desk))).toEqual([`m${seq}.txt`]);
  });

  test('is stored cut where the agent has put something else in the way', () => {
    using desk = new InboundDesk();
    symlinkSync('/etc', folder(desk));
    const seq = desk.say(long) ?? 0;
    expect(desk.store.messages.get(seq)?.text).toMatch(/^so long [\s\S]*the rest could not be kept\]$/);
    expect(desk.store.inbox.ofMessage(seq)).toMatchObject({ wakes: 1 });
  });
});
