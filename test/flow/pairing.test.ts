// Who commands the host: a code from its own machine, written once on a channel.
import { expect, test } from 'vitest';
import { connectAdmin } from '../../src/admin/client.ts';
import { say } from '../../src/gateway/rehearsal/reply.ts';
import { type House, openHouse } from '../house.ts';

const ann = { jid: 'tg:50', senderId: '50', senderName: 'Ann' };
const sam = { jid: 'tg:60', senderId: '60', senderName: 'Sam' };

async function pair(house: House, channel = 'tg'): Promise<string> {
  const admin = await connectAdmin(house.app.socketPath);
  try {
    return (await admin.call('pair', { channel })).code;
  } finally {
    admin.close();
  }
}

/** Says it and gives the reply. */
async function reply(house: House, text: string, from: { jid: string }): Promise<string> {
  const before = house.heard(from.jid).length;
  house.say(text, from);
  return (await house.hears(before + 1, from))[before] ?? '';
}

const owners = (house: House) => house.withStore((store) => store.owners.all());

test('the right code from a chat nobody knows makes an owner and wires the chat to main, which answers there', async () => {
  await using house = await openHouse();
  house.rehearsal.script = (context) => say(`hello ${context.person[0]?.attributes['role']}`);
  const code = await pair(house);
  const hello = await reply(house, `/pair ${code}`, ann);
  expect(hello).toMatch(/From now on you are an owner/);
  expect(hello.split('\n').filter((line) => line.startsWith('• '))).toHaveLength(3);
  expect(owners(house)).toEqual([{ channel: 'tg', senderId: '50', name: 'Ann' }]);
  expect(await reply(house, 'who am I?', ann)).toBe('hello owner');
  // Used up: nobody else gets in by it, and the owner's own second try is told so kindly.
  expect(house.channel.say(sam.jid, `/pair ${code}`, sam)).toBeUndefined();
  expect(await reply(house, `/pair ${code}`, ann)).toMatch(/You are an owner here already/);
  expect(owners(house)).toHaveLength(1);
  // The code stands nowhere.
  expect(house.log.join('\n')).not.toContain(code);
  house.withStore((store) => {
    for (const message of store.messages.newest(ann.jid, 20)) expect(message.text).not.toContain(code);
    expect(JSON.stringify(store.messages.newest(ann.jid, 20))).toContain('/pair ***');
    expect(store.messages.newest(sam.jid, 20)).toEqual([]);
  });
});

test('a stranger’s wrong codes are refused alike; after five that stranger is not heard, and the right one still pairs', async () => {
  await using house = await openHouse();
  const code = await pair(house);
  const answers = new Set<string>();
  for (const wrong of ['AAAAAAAA', code.slice(0, 7), `${code}A`, '', '  x ']) {
    answers.add(await reply(house, `/pair ${wrong}`, sam));
  }
  expect([...answers]).toEqual([expect.stringMatching(/no code I am waiting for/)]);
  for (const more of ['BBBBBBBB', code]) expect(house.channel.say(sam.jid, `/pair ${more}`, sam)).toBeUndefined();
  expect(owners(house)).toEqual([]);
  expect(await reply(house, `/pair ${code}`, ann)).toMatch(/you are an owner/);
  expect(house.heard(sam.jid)).toHaveLength(5);
});

test('while no code is open nothing of a stranger is stored or answered', async () => {
  await using house = await openHouse();
  for (const text of ['/pair', '/pair AAAAAAAA']) expect(house.channel.say(sam.jid, text, sam)).toBeUndefined();
  house.withStore((store) => expect(store.messages.newest(sam.jid, 20)).toEqual([]));
  expect(house.heard(sam.jid)).toEqual([]);
});

test('who writes in the name of a chat cannot pair, and is told how; an owner by a chat’s id is none', async () => {
  await using house = await openHouse();
  const code = await pair(house);
  const nameless = { jid: 'tg:-5', senderId: '-5', senderName: 'Club', senderIsChat: true };
  expect(await reply(house, `/pair ${code}`, nameless)).toMatch(/Turn off “Remain anonymous”.*send it again/);
  expect(owners(house)).toEqual([]);
  expect(await reply(house, `/pair ${code}`, { ...ann, jid: 'tg:-5' })).toMatch(/you are an owner/);
  // As an earlier version has stored it.
  house.withStore((store) => store.owners.add({ channel: 'tg', senderId: '-5', name: 'Club' }, 1));
  const seq = house.say('/chatid', nameless);
  house.withStore((store) => expect(store.messages.get(seq)).toMatchObject({ role: 'member' }));
});

test('a code that is too old is said to be, and a new one voids the old', async () => {
  await using house = await openHouse();
  const old = await pair(house);
  const code = await pair(house);
  expect(await reply(house, `/pair ${old}`, ann)).toMatch(/no code I am waiting for/);
  house.clock.advance(600_001);
  expect(await reply(house, `/pair ${code}`, ann)).toMatch(/has expired/);
  expect(owners(house)).toEqual([]);
});

test('an update the platform brings twice counts and answers once', async () => {
  await using house = await openHouse();
  const code = await pair(house);
  const twice = { ...sam, platformId: 'same' };
  expect(await reply(house, '/pair AAAAAAAA', twice)).toMatch(/no code/);
  for (let n = 0; n < 6; n++) expect(() => house.say('/pair AAAAAAAA', twice)).toThrow('dropped');
  expect(await reply(house, `/pair ${code}`, ann)).toMatch(/you are an owner/);
  expect(house.heard(sam.jid)).toHaveLength(1);
});

test('a chat that another group has stays with it; the new owner is told how to change that', async () => {
  await using house = await openHouse();
  house.group('family', ann.jid);
  const code = await pair(house);
  const hello = await reply(house, `/pair ${code}`, ann);
  expect(hello).toContain(`./nanoclaw groups unwire --jid ${ann.jid}`);
  expect(hello).toContain(`./nanoclaw groups wire --jid ${ann.jid} --folder main`);
  expect(house.withStore((store) => store.chats.get(ann.jid)?.group)).toBe('family');
  expect(owners(house)).toHaveLength(1);
});

test('a channel that is not there, and the terminal, cannot be paired, and the reason is a sentence', async () => {
  await using house = await openHouse();
  await expect(pair(house, 'pigeon')).rejects.toThrow(/No channel "pigeon" is configured here \(there is: tg\)/);
  await expect(pair(house, 'terminal')).rejects.toThrow(/needs no pairing/);
});

test('we are added to a chat, or called there: the owner hears of it in one line, once, and others never', async () => {
  await using house = await openHouse();
  house.channel.discover('tg:-5', 'Club', 'Sam');
  expect(house.heard()).toEqual([]);
  await reply(house, `/pair ${await pair(house)}`, ann);
  house.channel.discover('tg:-5', 'Club');
  house.channel.discover('tg:-6', 'Family', 'Sam');
  const [, line] = await house.hears(2, ann);
  expect(line).toMatch(/added to “Family” \(tg:-6\) by Sam/);
  expect(line).toContain('./nanoclaw groups add --jid tg:-6 --name Family --folder family');
  house.channel.discover('tg:-6', 'Family', 'Sam');
  expect(house.channel.say('tg:-6', '@Andy hello', { ...sam, jid: 'tg:-6', mentionsAssistant: true })).toBeUndefined();
  expect(house.channel.say('tg:-5', '/status', { ...sam, jid: 'tg:-5' })).toBeUndefined();
  expect(house.channel.say('tg:-5', '@Andy hello', { ...sam, jid: 'tg:-5', mentionsAssistant: true })).toBeUndefined();
  expect((await house.hears(3, ann))[2]).toMatch(/called in “Club” \(tg:-5\) by Sam/);
  expect(await reply(house, '/chatid', ann)).toBe('This chat is `tg:50`.');
  expect(house.heard(ann.jid)).toHaveLength(4);
  for (const jid of ['tg:1', 'tg:-5', 'tg:-6']) expect(house.heard(jid)).toEqual([]);
});
