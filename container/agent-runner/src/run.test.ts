import { randomUUID } from 'node:crypto';
import { mkdirSync, mkdtempSync } from 'node:fs';
import { request as httpRequest } from 'node:http';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { HostSide } from '../test/host-side.ts';
import { collectFrames, deadlineMs, environmentFor, openRunner, startLineFor, until } from '../test/open-runner.ts';
import { endOf, exitOf, processesWith, spawnRunner } from '../test/process.ts';
import { openScriptedModel, type Script } from '../test/scripted-model.ts';

const staying = 'setTimeout(() => {}, 90000)';
const slow = `node -e "${staying}" `;
/** Starts a process that cuts loose from its parents, then one that holds the turn. */
const lingering: Script = () => ({ tool: 'Bash', input: { command: `setsid nohup ${slow} loose & ${slow} held` } });

/** Both are what they are to be: the shell that starts them carries the same words, but in quotes. */
async function bothRun(root: string): Promise<void> {
  const runs = (word: string) => processesWith(`HOME=${root}`, `${staying} ${word}`).length > 0;
  await until('both', () => (runs('loose') && runs('held') ? true : undefined));
}

describe('the program', { timeout: 3 * deadlineMs }, () => {
  test('says what is wrong and exits 1 when no start line comes', async () => {
    const child = spawnRunner({ startMs: 500 }, process.env);
    let words = '';
    child.stderr?.on('data', (text) => {
      words += String(text);
    });
    let frames = '';
    child.stdout?.on('data', (text) => {
      frames += String(text);
    });
    expect(await endOf(child)).toBe(1);
    expect(words).toContain('No start line came on standard input within 0.5 s.');
    expect(frames).toBe('');
  });

  test.each([
    ['not json\n', 'is not JSON'],
    ['{"v":1}\n', 'cannot be used'],
    ['', 'ended before a start line'],
  ])('refuses the start line %j', async (line, sentence) => {
    const child = spawnRunner({}, process.env);
    let words = '';
    child.stderr?.on('data', (text) => {
      words += String(text);
    });
    child.stdin?.end(line);
    expect(await endOf(child)).toBe(1);
    expect(words).toContain(sentence);
  });

  test('reaches the model through the gateway’s socket alone, also after its relay was killed, and ends on SIGTERM', async () => {
    await using model = await openScriptedModel((call) => ({ text: `You said: ${call.prompt}` }));
    using host = new HostSide(mkdtempSync(join(tmpdir(), 'runner-')));
    mkdirSync(join(host.root, 'gw'));
    const gateway = createServer({ allowHalfOpen: true }, (near) => {
      const far = connect({ port: Number(new URL(model.url).port), host: '127.0.0.1', allowHalfOpen: true });
      near.pipe(far).pipe(near);
      for (const end of [near, far]) end.on('error', () => far.destroy());
    });
    await new Promise<void>((resolve) => gateway.listen(join(host.root, 'gw', 'gw.sock'), resolve));
    const relayPort = await freePort();
    const places = {
      ...{ ipc: host.ipc, group: join(host.root, 'group'), global: join(host.root, 'global') },
      ...{ claude: join(host.root, 'claude'), gateway: join(host.root, 'gw', 'gw.sock'), relayPort },
    };
    const child = spawnRunner(places, environmentFor(host.root, `http://127.0.0.1:${relayPort}`));
    const frames = child.stdout ? collectFrames(child.stdout, () => undefined) : [];
    // Enough tries to outlast a relay that a busy machine takes long to start again.
    child.stdin?.write(`${startLineFor({ settings: settings(6) })}\n`);
    host.say('one');
    await until('an answer', () => host.results()[0]);
    for (const pid of processesWith(`HOME=${host.root}`, ' relay ')) process.kill(pid, 'SIGKILL');
    host.say('two');
    child.stdin?.end('\n');
    await until('another', () => host.results()[1]);
    expect(host.results().map((result) => result.result)).toEqual(['You said: one', 'You said: two']);
    const told = () => frames.filter((frame) => frame.type === 'result');
    // Each result is a file first, and told a moment later.
    await until('both to be told', () => (told().length >= 2 ? true : undefined));
    expect(told()).toHaveLength(2);

    child.kill('SIGTERM');
    expect(await exitOf(child)).toBe(143);
    expect(
      await until('quiet', () => (processesWith(`HOME=${host.root}`, '').length === 0 ? 'quiet' : undefined)),
    ).toBe('quiet');
    gateway.close();
  });

  test('carries half-closed connections to their end', async () => {
    const { serveRelay } = await import('./relay.ts');
    const socket = join(mkdtempSync(join(tmpdir(), 'relay-')), 'gw.sock');
    const gateway = createServer({ allowHalfOpen: true }, (near) => {
      let heard = '';
      near.on('data', (text) => {
        heard += String(text);
      });
      near.on('end', () => near.end(`heard ${heard}`));
    });
    await new Promise<void>((resolve) => gateway.listen(socket, resolve));
    const port = await freePort();
    const relay = await serveRelay({ socket, port });
    const answer = await new Promise<string>((resolve) => {
      let text = '';
      const far = connect({ port, host: '127.0.0.1', allowHalfOpen: true }, () => far.end('all of it'));
      far.on('data', (piece) => {
        text += String(piece);
      });
      far.on('end', () => resolve(text));
    });
    expect(answer).toBe('heard all of it');
    relay.close();
    gateway.close();
  });

  test('a connection the gateway refuses ends, and the relay lives', async () => {
    const { serveRelay } = await import('./relay.ts');
    const port = await freePort();
    const relay = await serveRelay({ socket: join(tmpdir(), 'no-such.sock'), port });
    const attempt = () =>
      new Promise<string>((resolve) => {
        const call = httpRequest({ port, host: '127.0.0.1', path: '/' }, () => resolve('answered'));
        call.on('error', () => resolve('refused'));
        call.end();
      });
    expect(await attempt()).toBe('refused');
    expect(await attempt()).toBe('refused');
    relay.close();
  });
});

describe('a run that ends badly', { timeout: 3 * deadlineMs }, () => {
  test('gives back what it had taken when the SDK’s process is killed', async () => {
    const sessionId = randomUUID();
    await using calm = await openScriptedModel(() => ({ text: 'done' }));
    await using model = await openScriptedModel(lingering);
    await using runner = await openRunner({ model: model.url, start: { sessionId } });
    const id = runner.say('work', { turnId: 't1' });
    await bothRun(runner.host.root);
    for (const pid of processesWith(`HOME=${runner.host.root}`, '--output-format')) process.kill(pid, 'SIGKILL');
    expect(await runner.exited).toBe(1);
    expect(runner.host.results()).toMatchObject([{ turnId: 't1', answers: [id], status: 'error' }]);
    expect(await runner.frame('error')).toMatchObject({ code: 'agent' });
    const left = () => processesWith(`HOME=${runner.host.root}`, 'setTimeout');
    // Each of them has its SIGKILL by now; the kernel takes its time.
    await until('nothing to be left', () => (left().length === 0 ? true : undefined));

    // The host gives the same input to the next run, in the same session: it is not taken for one already done.
    await using again = await openRunner({ model: calm.url, root: runner.host.root, start: { sessionId } });
    again.say('work', { id, turnId: 't2' });
    await until('its answer', () => again.host.results().find((result) => result.turnId === 't2'));
    expect(again.host.results().at(-1)).toMatchObject({ turnId: 't2', answers: [id], status: 'ok', result: 'done' });
  });

  test('leaves no process behind when it is told to end in a tool', async () => {
    await using model = await openScriptedModel(lingering);
    await using runner = await openRunner({ model: model.url });
    runner.say('work');
    const root = runner.host.root;
    await bothRun(root);
    expect(await runner.abort()).toBe(143);
    await until('quiet', () => (processesWith(`HOME=${root}`, '').length === 0 ? true : undefined));
    // Nothing is said about the turn: the host ended it, and knows.
    expect(runner.host.results()).toEqual([]);
  });
});

function settings(modelRetries: number) {
  return { timeZone: 'UTC', instructions: '', modelRetries, streaming: false };
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address ? address.port : 0));
    });
  });
}
