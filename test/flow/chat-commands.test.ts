// What the host answers itself in a chat, and what becomes of edits.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { connectAdmin } from '../../src/admin/client.ts';
import { callTool, fail, say } from '../../src/gateway/rehearsal/reply.ts';
import { eventually } from '../eventually.ts';
import { type House, openHouse } from '../house.ts';

const rowOf = (house: House, seq: number) => house.withStore((store) => store.inbox.ofMessage(seq));

/** Says it once all that was said before has arrived, and gives the reply. */
async function reply(house: House, text: string, more: { jid?: string; replyTo?: Quoted } = {}): Promise<string> {
  await allSaid(house, more.jid);
  const before = house.heard(more.jid).length;
  house.say(text, more);
  return (await house.hears(before + 1, more))[before] ?? '';
}
async function allSaid(house: House, jid = 'tg:1'): Promise<void> {
  await eventually('all to be said', () => house.withStore((store) => store.outbox.openIn(jid) === 0));
}
type Quoted = { id: string; sender: string | undefined; text: string | undefined };

test('commands are answered at once, without a model or a container, and not a second time', async () => {
  await using house = await openHouse();
  expect(await reply(house, '/help')).toContain('/status – ');
  expect(await reply(house, '/STATUS@andy_bot')).toMatch(/Andy[\s\S]*Group: Main \(main\)[\s\S]*Sandbox: local/);
  expect(await reply(house, '/stop')).toBe('Nothing is running here.');
  const seq = house.say('/chatid', { platformId: 'twice', thread: '17' });
  expect(() => house.say('/chatid', { platformId: 'twice', thread: '17' })).toThrow('dropped');
  expect((await house.hears(4))[3]).toBe('This chat is `tg:1`, thread `17`.');
  expect(house.channel.heard.at(-1)).toMatchObject({ thread: '17', key: `command:${seq}/1` });
  expect(house.rehearsal.count).toBe(0);
  expect(house.sandbox.runs).toEqual([]);
  await house.close();
  await house.open();
  expect(await reply(house, '/stop')).toBe('Nothing is running here.');
  expect(house.heard()).toHaveLength(5);
});

test('a stranger’s command in a group is a message like any other; an owner’s is done', async () => {
  await using house = await openHouse();
  house.group('team', 'tg:-2');
  house.withStore((store) => store.owners.add({ channel: 'tg', senderId: 'olga', name: 'Olga' }, 1));
  house.rehearsal.script = (context) => say(`read: ${context.person.map((one) => one.text).join(' | ')}`);
  const seq = house.say('/stop', { jid: 'tg:-2', senderId: 'sam' });
  expect(rowOf(house, seq)).toMatchObject({ wakes: 0, state: 'waiting' });
  house.say('/help', { senderId: 'sam' });
  expect(await house.hears(1)).toEqual(['read: /help']);
  house.say('/model opus', { jid: 'tg:-2', senderId: 'olga' });
  expect(await house.hears(1, { jid: 'tg:-2' })).toEqual(['From the next message on: opus.']);
  house.say('@Andy what was said?', { jid: 'tg:-2', senderId: 'sam' });
  expect((await house.hears(2, { jid: 'tg:-2' }))[1]).toBe('read: /stop | @Andy what was said?');
});

test('a text with a slash that is no command goes to the agent as it is', async () => {
  await using house = await openHouse();
  house.rehearsal.script = (context) => say(`read: ${context.text}`);
  expect(await reply(house, '/compact this in your head')).toBe('read: /compact this in your head');
});

test('the terminal commands too, and a program that waits for the answer gets it', async () => {
  await using house = await openHouse();
  const admin = await connectAdmin(house.app.socketPath);
  const heard: string[] = [];
  using _ = admin.onEvent((event) => event.event === 'message' && heard.push(event.text));
  house.group('family', 'tg:-9', { trigger: '@Sparky' });
  expect(await admin.call('chat.attach', { group: 'family' })).toMatchObject({ trigger: '@Sparky' });
  await admin.call('chat.attach', { group: 'main' });
  const { message } = await admin.call('chat.say', { text: '/chatid' });
  expect(await admin.call('chat.settled', { message })).toEqual({ state: 'done' });
  expect(heard).toEqual(['This chat is `terminal:main`.']);
  admin.close();
});

test('why: of a message that was answered, one that waits, one that was given up, a command, and what we said', async () => {
  await using house = await openHouse();
  house.rehearsal.script = () => say('twenty past nine');
  const answered = house.say('what time is it?');
  await house.hears(1);
  await eventually('the turn to end', () =>
    house.withStore((store) => store.turns.running().length === 0 && store.outbox.openIn('tg:1') === 0),
  );
  const told = await reply(house, '/why');
  const turn = rowOf(house, answered)?.turn_id?.slice(0, 8);
  expect(told).toMatch(new RegExp(`^m${answered}: “what time is it\\?”\\nfrom Ann \\(ann, member\\) in tg:1`));
  expect(told).toMatch(/woke the group[\s\S]*Group main: done/);
  expect(told).toMatch(new RegExp(`Attempt 1: turn ${turn}, run [0-9a-f]{8}, done, from .* until `));
  expect(told).toMatch(/result: ok, \d+ tokens in .*, \d+ out, about \$\d/);
  expect(told).toMatch(/Said, sent, platform id tg-out-\d+: “twenty past nine”/);
  const ours = house.channel.heard[0]?.platformId ?? '';
  const back = await reply(house, '/why', { replyTo: { id: ours, sender: 'Andy', text: 'twenty past nine' } });
  expect(back).toMatch(new RegExp(`said by me in tg:1[\\s\\S]*answer to m${answered}\\.`));

  house.rehearsal.script = () => fail(529);
  const waiting = house.say('and now?');
  await eventually('the message to wait', () => rowOf(house, waiting)?.cause === 'overloaded');
  expect(await reply(house, '/why')).toMatch(
    /“and now\?”[\s\S]*it waits because of: overloaded; next try [\s\S]*failed \(overloaded: error 529\)/,
  );
  house.rehearsal.script = () => fail(400, { message: 'no such thing' });
  house.clock.advance(300_000);
  await eventually('its end', () => rowOf(house, waiting)?.state === 'dead');
  const dead = await reply(house, `/why m${waiting}`);
  expect(dead).toMatch(/given up\.[\s\S]*Attempt 1: .*\n[\s\S]*Attempt 2: .*failed \(.*no such thing/);
  expect(dead).toMatch(/“⚠️ I could not answer/);

  await allSaid(house);
  const before = house.heard().length;
  const command = house.say('/stop');
  await house.hears(before + 1);
  expect(await reply(house, `/why m${command}`)).toMatch(
    /It was a command; I answered it myself[\s\S]*Nothing is running/,
  );

  const admin = await connectAdmin(house.app.socketPath);
  expect(await admin.call('why', { id: `m${answered}` })).toMatchObject({
    decision: 'woke',
    inbox: { state: 'done', group: 'main' },
    attempts: [{ state: 'done', results: [{ status: 'ok' }] }],
    said: [{ text: 'twenty past nine', state: 'sent', platformId: ours }],
  });
  expect(await admin.call('why', { id: ours, chat: 'tg:1' })).toMatchObject({ related: [`m${answered}`] });
  await expect(admin.call('why', { id: 'm999999' })).rejects.toThrow(/There is no message m999999/);
  await expect(admin.call('why', { id: `m${answered}`, chat: 'tg:7' })).rejects.toThrow(/no message .* in tg:7/);
  admin.close();
});

test('an edit before the message is taken replaces it; one after it is context for the next turn, and marked', async () => {
  await using house = await openHouse();
  house.rehearsal.script = (context) => {
    if (context.text === 'work' && context.toolCalls.length === 0) {
      return callTool('Bash', {
        command: 'touch /workspace/group/began; while [ ! -e /workspace/group/go ]; do sleep 0.05; done',
      });
    }
    return say(context.person.map((one) => `${one.attributes['edited'] ?? '-'} ${one.text}`).join(' | '));
  };
  house.say('work');
  await eventually('the tool to run', () => existsSync(join(house.home, 'groups', 'main', 'began')));
  // In another thread: it waits until the turn is over.
  const first = house.say('fourty-two', { platformId: 'x', thread: '17' });
  house.say('forty-two', { kind: 'edit', revision: 1, platformId: 'x', thread: '17' });
  house.touch('groups', 'main', 'go');
  expect(await house.hears(2)).toEqual(['- work', `m${first} forty-two`]);
  const late = house.say('forty-three', { kind: 'edit', revision: 2, platformId: 'x', thread: '17' });
  expect(rowOf(house, late)).toMatchObject({ wakes: 0, state: 'waiting' });
  house.say('so?', { thread: '17' });
  expect((await house.hears(3))[2]).toBe(`m${first} forty-three | - so?`);
  house.say('/why', { thread: '17', replyTo: { id: 'x', sender: 'Ann', text: 'fourty-two' } });
  expect((await house.hears(4))[3]).toMatch(/“fourty-two”[\s\S]*Its edit m\d+ took its place/);
});

test('groups set and remove reach the running host', async () => {
  await using house = await openHouse();
  house.group('team', 'tg:-2');
  const admin = await connectAdmin(house.app.socketPath);
  await admin.call('groups.set', { folder: 'team', requiresTrigger: false, name: 'The team' });
  house.rehearsal.script = (context) => say(`re ${context.text}`);
  expect(await reply(house, 'hello', { jid: 'tg:-2' })).toBe('re hello');
  await eventually('the turn to end', () => house.withStore((store) => store.turns.running().length === 0));
  expect(await admin.call('groups.remove', { folder: 'team' })).toEqual({ chats: ['tg:-2'] });
  expect(house.channel.say('tg:-2', 'still there?')).toBeUndefined();
  expect(existsSync(join(house.home, 'groups', 'team', 'CLAUDE.md'))).toBe(true);
  await expect(admin.call('groups.remove', { folder: 'main' })).rejects.toThrow(/cannot be removed/);
  admin.close();
});
