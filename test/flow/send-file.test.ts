// The agent makes a file and sends it: the chat gets the very bytes, or the agent reads why not.
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { callTool, type Reply, say } from '../../src/gateway/rehearsal/reply.ts';
import { eventually } from '../eventually.ts';
import { type House, openHouse } from '../house.ts';

const sendFile = 'mcp__nanoclaw__send_file';

interface Arrived {
  readonly text: string;
  readonly name: string;
  readonly mime: string | undefined;
  readonly bytes: string;
}

/** What files say when they are sent: afterwards the host takes its copy away. */
function arriving(house: House): Arrived[] {
  const { channel } = house;
  const send = channel.send.bind(channel);
  const arrived: Arrived[] = [];
  channel.send = async (part, signal) => {
    const bytes = part.file && readFileSync(part.file.path, 'latin1');
    const sent = await send(part, signal);
    if (part.file) arrived.push({ text: part.text, name: part.file.name, mime: part.file.mime, bytes: bytes ?? '' });
    return sent;
  };
  return arrived;
}

/** The agent does one after the other, then says what the last one told it. */
function does(house: House, ...calls: Reply[]): void {
  house.rehearsal.script = ({ toolCalls, toolResults }) => calls[toolCalls.length] ?? say(toolResults.at(-1) ?? '');
}

test('a file of the group’s folder arrives byte for byte, before the answer', async () => {
  await using house = await openHouse();
  const arrived = arriving(house);
  does(
    house,
    callTool('Bash', { command: "mkdir -p out && printf 'a\\000b\\377' > 'out/my chart.png'" }),
    callTool(sendFile, { path: '/workspace/group/out/my chart.png', caption: 'The **chart**' }),
    callTool('Bash', { command: 'echo changed > "out/my chart.png"; echo plain > notes' }),
    callTool(sendFile, { path: 'notes' }),
  );
  house.say('draw it');
  expect(await house.hears(3)).toEqual(['The **chart**', '', expect.stringMatching(/^Stored for delivery as o\d+\.$/)]);
  expect(arrived).toEqual([
    { text: 'The **chart**', name: 'my chart.png', mime: 'image/png', bytes: 'a\0b\xff' },
    { text: '', name: 'notes', mime: undefined, bytes: 'plain\n' },
  ]);
});

test('a file goes into the thread that asked, and is not sent again by an attempt that knows of it', async () => {
  await using house = await openHouse();
  arriving(house);
  let earlier = '';
  house.rehearsal.script = (context) => {
    const told = /<earlier_attempt[\s\S]*?<\/earlier_attempt>/.exec(context.texts.join())?.[0];
    if (told) {
      earlier = told;
      return say('as I said');
    }
    if (context.toolCalls.length === 0) return callTool('Bash', { command: 'echo x > plan.txt' });
    if (context.toolCalls.length === 1) return callTool(sendFile, { path: 'plan.txt' });
    return callTool('Bash', { command: 'touch began; sleep 600' });
  };
  const seq = house.say('go', { thread: '17' });
  await house.hears(1);
  expect(house.channel.heard[0]).toMatchObject({ thread: '17', file: { name: 'plan.txt', mime: 'text/plain' } });
  await house.sandbox.runs[0]?.run.kill();
  await eventually('the next attempt', () => {
    house.hurry(seq, 5_000);
    return house.heard().includes('as I said');
  });
  expect(earlier).toContain('<sent>[file plan.txt] </sent>');
  expect(house.channel.heard.filter((part) => part.file)).toHaveLength(1);
});

test('what cannot be sent is refused in words that the agent reads', async () => {
  await using house = await openHouse();
  const said: string[] = [];
  const tries = ['no/such.txt', '/etc/hostname', '../global/CLAUDE.md', 'empty', '.', 'big', 'inside\u0000out'];
  house.rehearsal.script = ({ toolCalls, toolResults }) => {
    const [made, ...replies] = toolResults;
    said.splice(0, said.length, ...replies);
    if (made === undefined) return callTool('Bash', { command: ': > empty; truncate -s 50000001 big' });
    const path = tries[toolCalls.length - 1];
    return path === undefined ? say('none of it') : callTool(sendFile, { path });
  };
  house.say('send them');
  expect(await house.hears(1)).toEqual(['none of it']);
  expect(said).toEqual([
    expect.stringMatching(/There is no such file.*\(not_found\)/),
    expect.stringMatching(/Only files in \/workspace\/group.*\(outside\)/),
    expect.stringMatching(/Only files in \/workspace\/group.*\(outside\)/),
    expect.stringMatching(/is empty.*\(empty\)/),
    expect.stringMatching(/Only files in \/workspace\/group.*\(outside\)/),
    expect.stringMatching(/up to 50000000 bytes \(50 MB\).*\(too_large\)/),
    expect.stringMatching(/\(not_found\)|do not fit/),
  ]);
});

test('a chat that cannot take files is told where they are instead', async () => {
  await using house = await openHouse();
  does(house, callTool('Bash', { command: 'mkdir out; echo x > out/plan.txt' }));
  house.say('plan');
  await house.hears(1);
  const id = randomUUID();
  const request = { type: 'send_file', id, chatJid: 'terminal:main', path: 'out/plan.txt' };
  house.drop('main', 'messages', `${id}.json`, request);
  expect(await eventually('the reply', () => house.reply('main', id))).toMatchObject({
    error: { code: 'no_files', message: expect.stringContaining('groups/main/out/plan.txt') },
  });
});

test('a group sends no file into another group’s chat', async () => {
  await using house = await openHouse();
  house.group('team', 'tg:9', { requiresTrigger: false });
  does(house, callTool('Bash', { command: 'echo x > plan.txt' }));
  house.say('plan', { jid: 'tg:9' });
  await house.hears(1, { jid: 'tg:9' });
  const id = randomUUID();
  house.drop('team', 'messages', `${id}.json`, { type: 'send_file', id, chatJid: 'tg:1', path: 'plan.txt' });
  const reply = await eventually('the reply', () => house.reply('team', id));
  expect(reply).toMatchObject({ ok: false, error: { code: 'not_allowed' } });
  expect(house.heard('tg:1')).toEqual([]);
});
