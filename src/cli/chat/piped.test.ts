import { expect, test } from 'vitest';
import { finished, nanoclaw, startNanoclaw } from '../../../test/fixtures/command.ts';
import { FakeHost } from '../../../test/fixtures/fake-host.ts';

const later = () => new Promise((resolve) => setImmediate(resolve));

test('three lines give three answers in order, each said when the one before was settled', async () => {
  await using host = await FakeHost.open({
    answer: async (text) => {
      await later();
      return [`answer to ${text}`];
    },
  });
  const ran = await nanoclaw(host.home, ['chat'], 'one\ntwo\nthree\n');
  expect(ran).toMatchObject({ code: 0, stdout: 'answer to one\nanswer to two\nanswer to three\n' });
  expect(host.unsettledAtMost).toBe(1);
});

test('windows line ends, blank lines and a last line without an end are understood', async () => {
  await using host = await FakeHost.open();
  const ran = await nanoclaw(host.home, ['chat'], '\r\none\r\n\r\n   \n\ntwo  words');
  expect(host.said).toEqual(['one', 'two  words']);
  expect(ran).toMatchObject({ code: 0, stdout: 'heard: one\nheard: two  words\n' });
});

test('empty input is an empty chat', async () => {
  await using host = await FakeHost.open();
  expect(await nanoclaw(host.home, ['chat'])).toMatchObject({ code: 0, stdout: '' });
});

test('standard output has answers only: the banner and the notices go to standard error, Markdown reads as text, no escape stays', async () => {
  await using host = await FakeHost.open({
    notices: ['This is the rehearsal model.'],
    answer: () => ['**bold**\n\u001b[2Jtext', 'second part'],
  });
  const ran = await nanoclaw(host.home, ['chat'], 'hello\n');
  expect(ran.stdout).toBe('bold\n[2Jtext\nsecond part\n');
  expect(ran.stderr).toBe('Andy · group main · model default · sandbox docker\nThis is the rehearsal model.\n');
});

test('a line of ten megabytes goes through', async () => {
  await using host = await FakeHost.open({ answer: (text) => [`${text.length} characters`] });
  const ran = await nanoclaw(host.home, ['chat'], `${'x'.repeat(10_000_000)}\nshort\n`);
  expect(ran).toMatchObject({ code: 0, stdout: '10000000 characters\n5 characters\n' });
});

test('a line over the limit is refused with a sentence, the next one is answered, and the exit code says it', async () => {
  await using host = await FakeHost.open();
  // One is too long as it comes in, the other only once it is encoded.
  const lines = ['y'.repeat(33 * 1024 * 1024), '"'.repeat(17 * 1024 * 1024), 'short'];
  const ran = await nanoclaw(host.home, ['chat'], lines.join('\n'));
  expect(ran).toMatchObject({ code: 1, stdout: 'heard: short\n' });
  expect(ran.stderr).toContain('Line 1 was not sent: it is longer than 32 MB.');
  expect(ran.stderr).toContain('Line 2 was not sent. This is 34.0 MB, too long to send.');
});

test('a host that goes away while it answers is a sentence and exit code 1', async () => {
  await using host = await FakeHost.open({
    answer: async (text, self) => {
      if (text === 'two') void self.vanish();
      return text === 'two' ? await new Promise<string[]>((resolve) => setImmediate(resolve, [])) : [`heard: ${text}`];
    },
    handlers: {},
  });
  const ran = await nanoclaw(host.home, ['chat'], 'one\ntwo\nthree\n');
  expect(ran).toMatchObject({ code: 1, stdout: 'heard: one\n' });
  expect(ran.stderr).toContain('The host has gone away. logs/nanoclaw.log says why; start it again: ./nanoclaw start.');
});

test('a host that goes away between two lines is noticed at once, though the input stays open', async () => {
  await using host = await FakeHost.open();
  const child = startNanoclaw(host.home, ['chat']);
  const end = finished(child);
  child.stdin.write('one\n');
  await new Promise((resolve) => child.stdout.once('data', resolve));
  await host.vanish();
  expect(await end).toMatchObject({ code: 1, stdout: 'heard: one\n' });
});

test('what could not be answered sets the exit code, what was only kept does not', async () => {
  await using host = await FakeHost.open({
    answer: () => [],
    state: (text) => (text === 'bad' ? 'dead' : 'kept'),
  });
  const kept = await nanoclaw(host.home, ['chat', '--group', 'family'], 'hello\n');
  expect(kept).toMatchObject({ code: 0, stdout: '' });
  expect(kept.stderr).toContain('m1 was kept without an answer: begin with @Sparky to wake the group.');
  const dead = await nanoclaw(host.home, ['chat'], 'bad\n');
  expect(dead.code).toBe(1);
  expect(dead.stderr).toContain('m2 could not be answered');
});

test('what was answered before and not read is no answer to a line of ours', async () => {
  await using host = await FakeHost.open({
    unread: ['result:old/1'],
    answer: (text, self) => {
      self.emit('an old answer', 'result:old/1');
      return [`heard: ${text}`];
    },
  });
  const ran = await nanoclaw(host.home, ['chat'], 'one\n');
  expect(ran).toMatchObject({ code: 0, stdout: 'heard: one\n' });
  expect(ran.stderr).toContain('Answered before, and not read: an old answer');
  expect(host.printed).toContain('result:old/1');
});

test('a line that waits for something outside ends the chat with a sentence and exit code 1', async () => {
  await using host = await FakeHost.open({ answer: () => [], state: () => 'waiting' });
  const ran = await nanoclaw(host.home, ['chat'], 'one\n');
  expect(ran).toMatchObject({ code: 1, stdout: '' });
  expect(ran.stderr).toContain('m1 is not answered yet: it waits');
});

test('a reader that leaves early ends the chat quietly', async () => {
  await using host = await FakeHost.open();
  const child = startNanoclaw(host.home, ['chat']);
  const end = new Promise((resolve) => child.once('close', resolve));
  child.stdin.write('one\n');
  await new Promise((resolve) => child.stdout.once('data', resolve));
  child.stdout.destroy();
  child.stdin.on('error', (error) => expect(error).toMatchObject({ code: 'EPIPE' }));
  child.stdin.end('two\nthree\nfour\n');
  expect(await end).toBe(0);
});

test('--once prints the answer and leaves, whatever is on standard input', async () => {
  await using host = await FakeHost.open({ notices: ['A notice.'] });
  const child = startNanoclaw(host.home, ['chat', '--once', 'hello there']);
  expect(await finished(child)).toEqual({ code: 0, stdout: 'heard: hello there\n', stderr: 'A notice.\n' });
});

test('start joins a host that already runs, and says so', async () => {
  await using host = await FakeHost.open({ pid: 4242 });
  const ran = await nanoclaw(host.home, ['start'], 'hello\n');
  expect(ran).toMatchObject({ code: 0, stdout: 'heard: hello\n' });
  expect(ran.stderr).toContain('Joined the host that is already running (pid 4242).');
  const service = await nanoclaw(host.home, ['start', '--no-chat']);
  expect(service).toMatchObject({ code: 1, stdout: '' });
  expect(service.stderr).toContain('A host is already running here (pid 4242). Stop it first: ./nanoclaw stop.');
});
