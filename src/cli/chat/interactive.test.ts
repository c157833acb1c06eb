import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { FakeHost, type FakeHostScript } from '../../../test/fixtures/fake-host.ts';
import { TerminalScreen } from '../../../test/fixtures/terminal-screen.ts';
import { connectAdmin } from '../../admin/client.ts';
import { History } from './history.ts';
import { Interactive } from './interactive.ts';

const ctrl = (letter: string) => String.fromCharCode(letter.charCodeAt(0) & 0x1f);
const esc = '\u001b';
const up = '\u001b[A';

interface Chair extends FakeHostScript {
  readonly columns?: number;
  readonly rows?: number;
  /** What was typed at earlier visits. */
  readonly typed?: readonly string[];
}

async function sitDown(script: Chair = {}) {
  const host = await FakeHost.open(script);
  const socket = join(host.home, 'data', 'admin.sock');
  const screen = new TerminalScreen(script);
  const history = new History(join(host.home, 'data', 'chat-history'));
  for (const line of script.typed ?? []) history.add(line);
  const seat = { group: 'main', connect: () => connectAdmin(socket) };
  const chat = new Interactive({ seat, history, terminal: screen, notices: [] });
  const over = chat.run(await connectAdmin(socket));
  await expect.poll(() => screen.cursor()).toBe('› |');
  return {
    host,
    over,
    screen,
    type: (...keys: string[]) => {
      for (const one of keys) screen.type(one);
    },
    seen: () => screen.text(),
    async [Symbol.asyncDispose]() {
      screen.stuck = false;
      screen.input.end();
      await Promise.allSettled([over]);
      await host[Symbol.asyncDispose]();
    },
  };
}

const tail = (text: string, lines: number) => text.split('\n').slice(-lines).join('\n');

test('a person sees who answers, says something and reads the answer as text, not Markdown', async () => {
  await using desk = await sitDown({ notices: ['The rehearsal model answers.'], answer: () => ['**bold** answer'] });
  expect(desk.seen()).toBe(
    'Andy · group main · model default\nThe rehearsal model answers.\n/help · Esc stops an answer · Ctrl-D leaves\n\n›',
  );
  desk.type('hello\r');
  await expect.poll(() => tail(desk.seen(), 6)).toBe('› hello\n\nAndy\nbold answer\n\n›');
  expect(desk.host.said).toEqual(['hello']);
  desk.type(ctrl('d'));
  expect(await desk.over).toBe(false);
});

test('what was said before is shown, shortened, to whoever comes back', async () => {
  const message = (direction: 'in' | 'out', text: string) => ({
    id: 'm',
    sender: 'Andy',
    at: 1,
    state: 'sent',
    direction,
    text,
  });
  await using desk = await sitDown({
    handlers: { 'messages.list': () => [message('in', 'count'), message('out', '1\n2\n3\n4\n5')] },
  });
  expect(tail(desk.seen(), 7)).toBe('› count\nAndy: 1\n  2\n  3\n  …\n\n›');
});

test('an answer grows in one place, scrolls when it is long, and its last text takes that place', async () => {
  await using desk = await sitDown({ answer: () => new Promise(() => undefined), rows: 10 });
  desk.type('count\r');
  await expect.poll(desk.seen).toContain('› count');
  desk.host.typing(true);
  const lines = Array.from({ length: 40 }, (_, index) => `line ${index + 1}`);
  for (const [index] of lines.entries()) desk.host.draft(lines.slice(0, index + 1).join('\n'));
  await expect.poll(desk.seen).toMatch(/line 40\n\n. Andy is typing/);
  const text = `${lines.join('\n')}\nand the end`;
  desk.host.emit(text);
  await expect.poll(desk.seen).toContain('and the end');
  expect(desk.seen().split('› count\n\n')[1]).toMatch(new RegExp(`^Andy\n${text}\n\n.*Andy is typing.*\n›$`));
  await expect.poll(() => desk.host.printed).toEqual(['result:turn-1/1']);
});

test('a tool is seen at work in one line, and no longer when it has ended', async () => {
  await using desk = await sitDown();
  desk.host.typing(true);
  desk.host.tool('Bash');
  await expect.poll(() => tail(desk.seen(), 2)).toMatch(/^. Bash · Esc stops\n›$/);
  desk.host.tool('mcp__weather__forecast');
  await expect.poll(() => tail(desk.seen(), 2)).toMatch(/^. forecast \(weather\) · Esc stops\n›$/);
  desk.host.tool(null);
  await expect.poll(() => tail(desk.seen(), 2)).toMatch(/^. Andy is typing … · Esc stops\n›$/);
  desk.host.typing(false);
  await expect.poll(() => tail(desk.seen(), 2)).toBe('\n›');
});

test.each([
  ['Esc', esc],
  ['Ctrl-C', ctrl('c')],
])('%s stops the answer, leaves what was seen of it, and keeps what is typed', async (_name, key) => {
  await using desk = await sitDown({ answer: (text) => (text === '/stop' ? [] : new Promise(() => undefined)) });
  desk.type('count\r');
  await expect.poll(() => desk.host.said).toEqual(['count']);
  desk.host.typing(true);
  desk.host.draft('one\ntwo');
  await expect.poll(desk.seen).toContain('two');
  desk.type('half a thought', key);
  await expect.poll(() => desk.host.said).toEqual(['count', '/stop']);
  desk.host.draft('one\ntwo\nthree');
  desk.host.emit('Stopped.', 'command:2/1');
  desk.host.typing(false);
  await expect.poll(desk.seen).toContain('Stopped.');
  expect(desk.seen()).toContain('Andy\none\ntwo\n\nStopped.\n');
  expect(desk.seen()).not.toContain('three');
  expect(desk.screen.cursor()).toBe('› half a thought|');
});

test('Ctrl-C empties the line, a second one at the empty line leaves, and the first has said so', async () => {
  await using desk = await sitDown();
  desk.type('not this', ctrl('c'));
  await expect.poll(desk.seen).toContain('›\nCtrl-C again leaves.');
  // Whatever else is typed makes it the first one again.
  desk.type('x', ctrl('c'));
  await expect.poll(() => tail(desk.seen(), 2)).toBe('›\nCtrl-C again leaves.');
  desk.type(ctrl('c'));
  await desk.over;
  expect(desk.host.said).toEqual([]);
});

test('what is said while an answer grows is sent at once and stands below it', async () => {
  await using desk = await sitDown({ answer: () => new Promise(() => undefined) });
  desk.type('one\r');
  await expect.poll(() => desk.host.said).toEqual(['one']);
  desk.host.typing(true);
  desk.host.draft('the answer');
  await expect.poll(desk.seen).toContain('the answer');
  desk.type('two\r');
  await expect.poll(() => desk.host.said).toEqual(['one', 'two']);
  desk.host.draft('the answer to one');
  await expect.poll(desk.seen).toMatch(/the answer to one\n\n› two\n. Andy is typing/);
  desk.host.emit('the answer to one.');
  await expect.poll(desk.seen).toMatch(/the answer to one\.\n\n› two\n\n. Andy is typing/);
});

test('a message that arrives while somebody types leaves the line as it is', async () => {
  await using desk = await sitDown({ columns: 40 });
  desk.type('a line that is longer than the forty columns of this terminal', ctrl('a'));
  await expect.poll(() => desk.screen.cursor()).toMatch(/^› \|a line/);
  desk.host.emit('an interruption');
  await expect.poll(desk.seen).toContain('an interruption\n\n› a line that is longer than the forty\n  columns');
  desk.type('!\r');
  await expect.poll(() => desk.host.said).toEqual(['!a line that is longer than the forty columns of this terminal']);
});

test('a marked paste is one message however slowly it comes, and a long one is folded', async () => {
  await using desk = await sitDown();
  desk.screen.paste('one\ntwo\nthree');
  await expect.poll(() => desk.screen.cursor()).toBe('  three|');
  desk.type('\r');
  await expect.poll(() => desk.host.said).toEqual(['one\ntwo\nthree']);
  const lines = Array.from({ length: 30 }, (_, index) => `line ${index}`).join('\n');
  desk.type('look: ');
  desk.screen.paste(lines);
  await expect.poll(() => desk.screen.cursor()).toBe('› look: [30 lines pasted]|');
  desk.type('\r');
  await expect.poll(() => desk.host.said.at(-1)).toBe(`look: ${lines}`);
  // And comes back as one.
  desk.type(up);
  await expect.poll(() => desk.screen.cursor()).toBe('› [30 lines pasted]|');
});

test('lines pasted into a terminal that marks nothing are one message', async () => {
  await using desk = await sitDown();
  desk.type('one\rtwo\rthree\r');
  await expect.poll(() => desk.host.said).toEqual(['one\ntwo\nthree']);
});

test('Alt-Enter, Ctrl-J and a backslash break the line', async () => {
  await using desk = await sitDown();
  desk.type('one\u001b\r', 'two\n', 'three\\\r');
  await expect.poll(() => desk.screen.cursor()).toBe('  |');
  desk.type('four\r');
  await expect.poll(() => desk.host.said).toEqual(['one\ntwo\nthree\nfour']);
});

test('Tab completes commands and what is known of their arguments; an unknown one goes nowhere and names the nearest', async () => {
  await using desk = await sitDown();
  desk.type('/st\t');
  await expect.poll(desk.seen).toContain('›');
  desk.type('\t');
  await expect.poll(() => tail(desk.seen(), 2)).toBe('› /st\n/status  /stop');
  desk.type(ctrl('u'), '/m\t', 'so\t');
  await expect.poll(() => desk.screen.cursor()).toBe('› /model sonnet |');
  desk.type(ctrl('u'), '/modle\r');
  await expect.poll(desk.seen).toContain('There is no /modle. Did you mean /model?');
  desk.type(' /modle\r');
  await expect.poll(() => desk.host.said).toEqual([' /modle']);
  desk.type('/quit\r');
  await desk.over;
});

test('what was typed is found again by the arrows and by Ctrl-R, in a file of the owner’s alone', async () => {
  await using desk = await sitDown({ typed: ['the weather in Rome', 'two\nlines'] });
  // The newest has two lines.
  desk.type(up, up, up);
  await expect.poll(() => desk.screen.cursor()).toBe('› the weather in Rome|');
  desk.type(ctrl('u'), ctrl('r'), 'rome');
  await expect.poll(desk.seen).toContain('search: rome\n  the weather in Rome');
  desk.type('\r');
  await expect.poll(() => desk.screen.cursor()).toBe('› the weather in Rome|');
  expect(desk.host.said).toEqual([]);
  desk.type('!\r');
  await expect.poll(() => desk.host.said).toEqual(['the weather in Rome!']);
  const path = join(desk.host.home, 'data', 'chat-history');
  expect(readFileSync(path, 'utf8')).toMatch(/\nthe weather in Rome!\n$/);
  expect(statSync(path).mode & 0o777).toBe(0o600);
  expect(new History(path).read()).toEqual(['the weather in Rome', 'two\nlines', 'the weather in Rome!']);
});

test('a terminal that is made narrower or wider while somebody types shows the line once', async () => {
  await using desk = await sitDown({ columns: 60, answer: () => ['a short answer'] });
  desk.type('hello\r');
  await expect.poll(desk.seen).toContain('a short answer');
  const line = 'this line is longer than thirty columns are wide';
  desk.type(line);
  for (const columns of [30, 80, 20, 60]) {
    desk.screen.resize(columns, 24);
    await expect.poll(() => desk.screen.cursor().endsWith('|')).toBe(true);
    await expect
      .poll(
        () =>
          desk
            .seen()
            .replace(/\n {2}/g, '')
            .split(line).length,
      )
      .toBe(2);
    expect(desk.seen().match(/›/g)).toHaveLength(2);
  }
});

test('who is not answered is told the word that wakes this group', async () => {
  await using desk = await sitDown({ answer: () => [], state: () => 'kept' });
  desk.type('hello\r');
  await expect.poll(desk.seen).toContain('Kept, not answered: begin with @Sparky to wake the group.');
});

test('a message counts as delivered when the terminal has taken it, and not before', async () => {
  await using desk = await sitDown();
  desk.screen.stuck = true;
  desk.host.emit('nobody sees this');
  await expect.poll(() => desk.screen.raw).toContain('nobody sees this');
  // A round trip: whatever was to be said of it would have been said.
  await desk.host.roundTrip();
  expect(desk.host.printed).toEqual([]);
});

test('a host that goes away is told of, the typed line stays, and the chat goes on when it is back', async () => {
  await using desk = await sitDown();
  desk.type('half a thought');
  await desk.host.vanish();
  await expect.poll(desk.seen).toContain('The host has gone away');
  desk.type('\r');
  await expect.poll(desk.seen).toContain('Not sent: the host is away.');
  await desk.host.comeBack();
  await expect.poll(desk.seen).toContain('The host is back.');
  expect(desk.screen.cursor()).toBe('› half a thought|');
  desk.type('\r');
  await expect.poll(() => desk.host.said).toEqual(['half a thought']);
});

test('leaving while an answer is on its way is known to whoever says so', async () => {
  await using desk = await sitDown({ answer: () => new Promise(() => undefined) });
  desk.type('count\r');
  await expect.poll(() => desk.host.said).toEqual(['count']);
  desk.type(ctrl('d'));
  expect(await desk.over).toBe(true);
});

test('wide characters and emoji keep the cursor where it belongs', async () => {
  await using desk = await sitDown({ columns: 40 });
  desk.type('日本語 👍🏽 👩‍👩‍👧', '\u001b[D', '\u001b[D', 'x');
  await expect.poll(() => desk.screen.cursor()).toContain('x|');
  desk.type('\r');
  await expect.poll(() => desk.host.said).toEqual(['日本語 👍🏽x 👩‍👩‍👧']);
});
