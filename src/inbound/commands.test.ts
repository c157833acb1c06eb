import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { headOf } from '../../test/fixtures/head-of.ts';
import { InboundDesk } from '../../test/fixtures/receiver.ts';
import { openPairing } from '../acts/pair-owner.ts';
import { scheduleTask } from '../acts/schedule-task.ts';
import { chatCommands, findCommand } from './commands.ts';

describe('a command', () => {
  test.each([
    ['/stop', 'stop', ''],
    ['/STOP', 'stop', ''],
    ['/stop@andy_bot', 'stop', ''],
    ['/model opus', 'model', 'opus'],
    ['/model@andy_bot  claude-x \n', 'model', 'claude-x'],
    ['/why\nm12', 'why', 'm12'],
  ])('%j is /%s with %j', (text, name, argument) => {
    expect(findCommand(text)).toMatchObject({ command: { name }, argument });
  });

  test.each([
    '/',
    '/frobnicate',
    ' /stop',
    'say /stop',
    '/stopping',
    '/etc/passwd',
    '//stop',
    '/stop!',
    '/stop@',
    '/1',
  ])('%j is a message like any other', (text) => {
    expect(findCommand(text)).toBeUndefined();
  });

  test('stands in the menus of platforms: short lower-case names, one line each', () => {
    for (const { name, description } of chatCommands) {
      expect(name).toMatch(/^[a-z]{1,32}$/);
      expect(description.length).toBeLessThan(64);
    }
  });
});

describe('who may command', () => {
  test('anyone in main as long as nobody is an owner; then owners only, and by their id alone', () => {
    using desk = new InboundDesk();
    desk.say('/chatid');
    expect(desk.heard()).toEqual(['This chat is `tg:1`.']);
    desk.store.owners.add({ channel: 'telegram', senderId: 'olga', name: 'Olga' }, 1);
    const seq = desk.say('/chatid', { senderName: 'Olga' }) ?? 0;
    expect(desk.heard()).toEqual([]);
    expect(desk.store.inbox.ofMessage(seq)).toMatchObject({ wakes: 1 });
    desk.say('/chatid', { senderId: 'olga' });
    expect(desk.heard()).toEqual(['This chat is `tg:1`.']);
  });

  test('an owner of one channel is a stranger on another', () => {
    using desk = new InboundDesk();
    desk.store.owners.add({ channel: 'slack', senderId: 'ann', name: 'Ann' }, 1);
    desk.say('/chatid');
    expect(desk.heard()).toEqual([]);
  });

  test('in another group’s chat nobody but an owner: a member’s command is a message for the policy', () => {
    using desk = new InboundDesk();
    const seq = desk.say('/stop', { jid: 'tg:-2' }) ?? 0;
    expect(desk.heard('tg:-2')).toEqual([]);
    expect(desk.done).toEqual([]);
    expect(desk.store.inbox.ofMessage(seq)).toMatchObject({ wakes: 0, state: 'waiting' });
    desk.store.owners.add({ channel: 'telegram', senderId: 'olga', name: 'Olga' }, 1);
    desk.say('/stop', { jid: 'tg:-2', senderId: 'olga', thread: '17' });
    expect(desk.heard('tg:-2')).toEqual(['Nothing is running here.']);
    expect(desk.done).toEqual([{ jid: 'tg:-2', thread: '17' }]);
  });

  test('where several bots are, what names another one is none of ours', () => {
    using desk = new InboundDesk();
    desk.store.chats.see({ jid: 'tg:1', channel: 'telegram', name: 'Club', isGroup: true });
    desk.say('/stop@other_bot');
    expect(desk.done).toEqual([]);
    desk.say('/stop@andy_bot', { mentionsAssistant: true });
    desk.say('/stop');
    expect(desk.heard()).toHaveLength(2);
  });

  test('whom the sender allowlist does not let wake does not command main either; an owner is never denied', () => {
    using desk = new InboundDesk();
    const list = { default: { allow: [], mode: 'drop' }, chats: { 'tg:1': { allow: [], mode: 'trigger' } } };
    writeFileSync(join(desk.path, 'sender-allowlist.json'), JSON.stringify(list));
    desk.say('/chatid');
    expect(desk.heard()).toEqual([]);
    expect(desk.say('@Andy hi', { jid: 'tg:-2' })).toBeUndefined();
    desk.store.owners.add({ channel: 'telegram', senderId: 'ann', name: 'Ann' }, 1);
    desk.say('/chatid');
    expect(desk.heard()).toHaveLength(1);
    const seq = desk.say('@Andy hi', { jid: 'tg:-2' }) ?? 0;
    expect(desk.store.inbox.ofMessage(seq)).toMatchObject({ wakes: 1 });
    expect(desk.store.messages.get(seq)?.role).toBe('owner');
  });
});

describe('what commands do', () => {
  test('a command is stored once and answered once, however often the platform brings it, and nobody is woken', () => {
    using desk = new InboundDesk();
    desk.running = true;
    const seq = desk.say('/stop', { platformId: 'same', thread: '17' }) ?? 0;
    expect(desk.say('/stop', { platformId: 'same', thread: '17' })).toBeUndefined();
    expect(desk.done).toEqual([{ jid: 'tg:1', thread: '17' }]);
    expect(headOf(desk.store, 'tg:1')).toMatchObject({
      key: `command:${seq}`,
      place: { jid: 'tg:1', thread: '17' },
      text: 'Stopped.',
    });
    expect(desk.heard()).toEqual(['Stopped.']);
    expect(desk.store.inbox.ofMessage(seq)).toBeUndefined();
    expect(desk.store.messages.get(seq)).toMatchObject({ text: '/stop' });
  });

  test('what stands behind /new or /stop is nobody’s, and that is said', () => {
    using desk = new InboundDesk();
    desk.say('/new what is the weather?');
    expect(desk.heard().join()).toContain('“what is the weather?” was not read');
    desk.say('/stop and be short <b>');
    expect(desk.heard().join()).toContain('“and be short ‹b>” was not read');
  });

  test('/new forgets the session and ends what lives on it', () => {
    using desk = new InboundDesk();
    const old = desk.store.sessions.ofGroup('main', 1);
    desk.say('/new');
    expect(desk.heard()).toEqual([expect.stringMatching(/new conversation begins/)]);
    expect(desk.done).toEqual([{ renewed: 'main' }]);
    expect(desk.store.sessions.ofGroup('main', 2)).not.toBe(old);
  });

  test('/model shows, sets and forgets the group’s model, and refuses what is none', () => {
    using desk = new InboundDesk();
    desk.say('/model');
    desk.say('/model claude-opus-4-1');
    expect(desk.store.groups.get('main')?.model).toBe('claude-opus-4-1');
    desk.say('/model nonsense');
    desk.say('/model rm -rf /');
    desk.say('/model default');
    expect(desk.store.groups.get('main')?.model).toBeUndefined();
    expect(desk.heard()).toEqual([
      expect.stringContaining('the default'),
      'From the next message on: claude-opus-4-1.',
      'From the next message on: nonsense. I do not know that name, so it is tried with your next message; `/model default` goes back.',
      expect.stringContaining('cannot be a model’s name'),
      'From the next message on: the default.',
    ]);
  });

  test('/help names every command', () => {
    using desk = new InboundDesk();
    desk.say('/help');
    const [text] = desk.heard();
    for (const { name } of chatCommands) expect(text).toContain(`/${name} `);
  });

  test('/status tells main of everything and another group of itself alone', () => {
    using desk = new InboundDesk();
    desk.store.owners.add({ channel: 'telegram', senderId: 'ann', name: 'Ann' }, 1);
    desk.say('/status');
    expect(desk.heard()[0]).toMatch(/main busy, team idle[\s\S]*3 given up/);
    desk.say('/status', { jid: 'tg:-2' });
    expect(desk.heard('tg:-2')[0]).toMatch(/Group: Team\n.*\n.*\nContainers: idle$/);
  });

  test('/tasks shows main everybody’s schedules and another group its own', () => {
    using desk = new InboundDesk();
    desk.store.owners.add({ channel: 'telegram', senderId: 'ann', name: 'Ann' }, 1);
    desk.say('/tasks', { jid: 'tg:-2' });
    for (const [group, jid] of [
      ['main', 'tg:1'],
      ['team', 'tg:-2'],
    ] as const) {
      scheduleTask(desk.desk, {
        group,
        place: { jid, thread: undefined },
        prompt: `<internal>${group}`,
        script: undefined,
        schedule: { type: 'cron', value: '@daily' },
        contextMode: 'group',
        createdBy: jid,
      });
    }
    desk.say('/tasks', { jid: 'tg:-2' });
    desk.say('/tasks');
    expect(desk.heard('tg:-2')).toEqual([
      expect.stringContaining('Nothing is scheduled'),
      expect.stringMatching(/^- t2 · active · every day at 00:00 \(@daily\) · next .* · “‹internal>team”$/),
    ]);
    expect(desk.heard()).toEqual([expect.stringMatching(/^- t1 .*‹internal>main”\n- t2 .* · group team, tg:-2$/)]);
  });

  test('/why tells of the last message here, of the one replied to, of one by name, and of no other chat’s', () => {
    using desk = new InboundDesk();
    desk.store.owners.add({ channel: 'telegram', senderId: 'ann', name: 'Ann' }, 1);
    desk.say('/why');
    const secret = desk.say('<internal>main’s own') ?? 0;
    const first = desk.say('the first', { jid: 'tg:-2', platformId: 'one' }) ?? 0;
    const second = desk.say('@Andy the second', { jid: 'tg:-2' }) ?? 0;
    const command = desk.say('/why', { jid: 'tg:-2' }) ?? 0;
    const one = { id: 'one', sender: 'Ann', text: 'the first' };
    desk.say('/why', { jid: 'tg:-2', replyTo: one });
    desk.say(`/why m${command}`, { jid: 'tg:-2' });
    desk.say(`/why m${secret}`, { jid: 'tg:-2' });
    desk.say('/why m999999', { jid: 'tg:-2' });
    expect(desk.heard('tg:-2')).toEqual([
      expect.stringMatching(new RegExp(`^m${second}: “@Andy the second”[\\s\\S]*woke the group`)),
      expect.stringMatching(new RegExp(`^m${first}: “the first”[\\s\\S]*kept as context`)),
      expect.stringMatching(new RegExp(`^m${command}: “/why”[\\s\\S]*It was a command`)),
      expect.stringContaining('is no message of this chat'),
      expect.stringContaining('There is no message m999999'),
    ]);
    desk.say(`/why m${secret}`);
    expect(desk.heard()).toEqual([
      'Nothing was said here yet that I could explain.',
      expect.stringMatching(/‹internal>main’s own[\s\S]*woke the group/),
    ]);
  });
});

describe('/start', () => {
  const sam = { jid: 'tg:50', senderId: 'sam', senderName: 'Sam' };

  test('with the code of a link pairs, and the code is stored nowhere', () => {
    using desk = new InboundDesk();
    const { code } = openPairing(desk.desk, 'telegram');
    const seq = desk.say(`/start ${code}`, sam) ?? 0;
    expect(desk.store.owners.has('telegram', 'sam')).toBe(true);
    expect(desk.store.messages.get(seq)?.text).toBe('/start ***');
    expect(desk.heard('tg:50')[0]).toContain('you are an owner');
  });

  test('alone is answered in one line while a code is open, or while there is no owner at all', () => {
    using desk = new InboundDesk();
    desk.say('/start', sam);
    expect(desk.heard('tg:50')).toEqual([expect.stringContaining('./nanoclaw pair telegram')]);
    desk.store.owners.add({ channel: 'telegram', senderId: 'olga', name: 'Olga' }, 1);
    openPairing(desk.desk, 'telegram');
    // Not again and again to the same one.
    expect(desk.say('/start', sam)).toBeUndefined();
    desk.say('/start', { jid: 'tg:51', senderId: 'tom', senderName: 'Tom' });
    expect(desk.heard('tg:51')).toEqual([expect.stringContaining('/pair CODE')]);
    // The code is over.
    desk.clock.advance(600_000);
    expect(desk.say('/start', { jid: 'tg:52', senderId: 'una', senderName: 'Una' })).toBeUndefined();
  });

  test('meets silence of a stranger whose bot has an owner, and no code is open', () => {
    using desk = new InboundDesk();
    desk.store.owners.add({ channel: 'telegram', senderId: 'olga', name: 'Olga' }, 1);
    expect(desk.say('/start', sam)).toBeUndefined();
    expect(desk.say('/start AAAA2222', sam)).toBeUndefined();
    expect(desk.heard('tg:50')).toEqual([]);
    desk.say('/start', { senderId: 'olga' });
    expect(desk.heard()).toEqual([expect.stringContaining('/help')]);
  });
});

describe('what looks like a command and is none', () => {
  test.each([
    ['/stauts', 'There is no command /stauts. Did you mean /status? /help shows them all.'],
    ['/HLEP', 'There is no command /hlep. Did you mean /help? /help shows them all.'],
    ['/modle opus', 'There is no command /modle. Did you mean /model? /help shows them all.'],
    ['/quit', 'There is no command /quit. /help shows them all.'],
    ['/foo', 'There is no command /foo. /help shows them all.'],
  ])('%s is told in main', (text, reply) => {
    using desk = new InboundDesk();
    const seq = desk.say(text) ?? 0;
    expect(desk.heard()).toEqual([reply]);
    expect(desk.store.inbox.ofMessage(seq)).toBeUndefined();
  });

  test.each([
    '/etc/hosts',
    '/etc/hosts is empty, why?',
    '/compact this in your head',
    '/ what',
    'see /stauts',
    '/stauts@other_bot',
    '/use the blue one',
  ])('%s goes to the agent', (text) => {
    using desk = new InboundDesk();
    expect(desk.store.inbox.ofMessage(desk.say(text) ?? 0)).toMatchObject({ wakes: 1 });
  });

  test('elsewhere, or from somebody who may not command, it is a message', () => {
    using desk = new InboundDesk();
    desk.store.owners.add({ channel: 'telegram', senderId: 'olga', name: 'Olga' }, 1);
    expect(desk.store.inbox.ofMessage(desk.say('/stauts') ?? 0)).toMatchObject({ wakes: 1 });
    expect(desk.store.inbox.ofMessage(desk.say('/stauts', { jid: 'tg:-2', senderId: 'olga' }) ?? 0)).toBeDefined();
  });
});
