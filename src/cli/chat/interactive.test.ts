import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { stripVTControlCharacters } from 'node:util';
import { expect, test } from 'vitest';
import { FakeHost, type FakeHostScript } from '../../../test/fixtures/fake-host.ts';
import { connectAdmin } from '../../admin/client.ts';
import { History } from './history.ts';
import { Interactive } from './interactive.ts';

const ctrlC = '\u0003';
const ctrlD = '\u0004';

async function sitDown(script: FakeHostScript = {}) {
  const host = await FakeHost.open(script);
  const client = await connectAdmin(join(host.home, 'data', 'admin.sock'));
  const attached = await client.call('chat.attach', { group: 'main' });
  const input = new PassThrough();
  const output = new PassThrough();
  let written = '';
  output.setEncoding('utf8').on('data', (text) => {
    written += text;
  });
  const history = new History(join(host.home, 'data', 'chat-history'));
  const terminal = { input, output: Object.assign(output, { columns: 40 }) };
  const over = new Interactive(client, { attached, notices: attached.notices, history, terminal }).run();
  return {
    host,
    over,
    type: (keys: string) => input.write(keys),
    seen: () => stripVTControlCharacters(written),
    raw: () => written,
    async [Symbol.asyncDispose]() {
      input.write(ctrlC + ctrlC);
      await Promise.allSettled([over]);
      client.close();
      await host[Symbol.asyncDispose]();
    },
  };
}

test('a person sees who answers, says something and reads the answer as text, not Markdown', async () => {
  await using desk = await sitDown({ notices: ['The rehearsal model answers.'], answer: () => ['**bold** answer'] });
  await expect
    .poll(desk.seen)
    .toContain('Andy · group main · model default · sandbox docker\nThe rehearsal model answers.');
  desk.type('hello\r');
  await expect.poll(desk.seen).toContain('Andy\nbold answer\n');
  expect(desk.host.said).toEqual(['hello']);
  desk.type(ctrlD);
  await desk.over;
});

test('who is not answered is told the word that wakes this group', async () => {
  await using desk = await sitDown({ answer: () => [], state: () => 'kept' });
  desk.type('hello\r');
  await expect.poll(desk.seen).toContain('Kept, not answered: begin with @Sparky to wake the group.');
});

test('a message that arrives while somebody types leaves the line as it is', async () => {
  await using desk = await sitDown();
  const long = 'a line that is longer than the forty columns of this terminal';
  desk.type(long);
  await expect.poll(desk.seen).toContain('terminal');
  desk.host.emit('an interruption');
  await expect.poll(desk.seen).toContain('an interruption');
  // The line is drawn again below it, and what is typed next continues it.
  await expect.poll(() => desk.seen().split('an interruption')[1]).toContain(long);
  desk.type('!\r');
  await expect.poll(() => desk.host.said).toEqual([`${long}!`]);
});

test('typing is shown and taken away', async () => {
  await using desk = await sitDown();
  desk.host.typing(true);
  await expect.poll(desk.seen).toContain('Andy is typing … ›');
  desk.host.typing(false);
  await expect.poll(() => desk.seen().endsWith('› ') && !desk.seen().endsWith('… › ')).toBe(true);
});

test('what is said while an answer is on its way is sent at once', async () => {
  const held: (() => void)[] = [];
  await using desk = await sitDown({ answer: () => new Promise((resolve) => held.push(() => resolve([]))) });
  desk.type('one\r');
  await expect.poll(() => desk.host.said).toEqual(['one']);
  desk.type('two\r');
  await expect.poll(() => desk.host.said).toEqual(['one', 'two']);
});

test('lines pasted together are one message', async () => {
  await using desk = await sitDown();
  desk.type('one\rtwo\rthree\r');
  await expect.poll(() => desk.host.said).toEqual(['one\ntwo\nthree']);
});

test('the first Ctrl-C empties the line and says how to leave, the second leaves', async () => {
  await using desk = await sitDown();
  desk.type('not this');
  desk.type(ctrlC);
  await expect.poll(desk.seen).toContain('Ctrl-C again leaves.');
  desk.type('but this\r');
  await expect.poll(() => desk.host.said).toEqual(['but this']);
  desk.type(ctrlC);
  desk.type(ctrlC);
  await desk.over;
});

test('what was typed is there the next time, in a file of the owner’s alone', async () => {
  await using desk = await sitDown();
  desk.type('remember me\r');
  await expect.poll(() => desk.host.said).toEqual(['remember me']);
  desk.type(ctrlD);
  await desk.over;
  const path = join(desk.host.home, 'data', 'chat-history');
  expect(readFileSync(path, 'utf8')).toBe('remember me\n');
  expect(statSync(path).mode & 0o777).toBe(0o600);
  expect(new History(path).read()).toEqual(['remember me']);
});

test('a host that goes away ends the chat with a sentence', async () => {
  await using desk = await sitDown();
  const end = expect(desk.over).rejects.toMatchObject({ code: 'admin.closed', message: 'The host has gone away.' });
  await desk.host.vanish();
  await end;
});

test('lines pasted without a last line end are one message, sent by Enter', async () => {
  await using desk = await sitDown();
  await expect.poll(desk.seen).toContain('sandbox docker');
  desk.type('one\rtwo');
  await expect.poll(desk.seen).toContain('two');
  expect(desk.host.said).toEqual([]);
  desk.type('\r');
  await expect.poll(() => desk.host.said).toEqual(['one\ntwo']);
});

test('Ctrl-C twice leaves only when nothing was typed between', async () => {
  await using desk = await sitDown();
  desk.type(ctrlC);
  await expect.poll(desk.seen).toContain('Ctrl-C again leaves.');
  desk.type('x');
  desk.type(ctrlC);
  await expect.poll(() => desk.seen().split('Ctrl-C again leaves.').length).toBe(3);
  desk.type(ctrlC);
  await desk.over;
});
