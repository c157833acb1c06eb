// Whoever reads the logs reads what happened: nothing an agent says can forge a line or steer the reader's terminal.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { eventually } from '../eventually.ts';
import { StrainedHost } from './strained-host.ts';

const logLine = z.looseObject({ level: z.number(), time: z.iso.datetime(), msg: z.string().optional() });

let host: StrainedHost;
beforeAll(async () => {
  host = await StrainedHost.open();
  await host.endure(`
    const nasty = [
      '\\u001b[2J\\u001b[31mgone\\u001b[0m', '\\u001b]0;title\\u0007', '\\u009b2J', '\\u0008\\u0008\\u0008', '\\u007f',
      'a\\r\\nb', 'a\\nerr [ended: code 0, signal none]', '\\r{"level":50,"msg":"forged"}', '\\n{"level":60,"time":"2026-01-01T00:00:00.000Z","msg":"forged"}\\n',
      '\\u2028\\u2029', '\\u202eevil', '\\ud800', '\\u0000',
    ];
    const { turnId } = input();
    for (const [n, text] of nasty.entries()) {
      await out(text + '\\n');
      await err(text + '\\n');
      await out(frame(text));
      await out(frame({ type: text }));
      await out(frame({ type: 'error', code: text, error: text }));
      await out(frame({ type: 'activity', tool: text }));
      await out(frame({ type: 'ack', input: text }));
      await out(frame({ type: 'result', turnId: text, ordinal: 1, answers: [text], status: 'ok', result: text }));
      const failed = { turnId, ordinal: 100 + n, answers: [text], status: 'error', result: null, error: { code: 'agent', message: text } };
      await out(frame({ type: 'result', ...failed }));
      put('results', n + 'a.json', { ...failed, ordinal: 200 + n, error: text });
      put('results', n + 'b.json', text);
      put('messages', n + 'c.json', { type: text, id: text, chatJid: text });
      put('tasks', n + 'd.json', { type: 'message', chatJid: text, text, sender: text });
      try { put('messages', text.replaceAll('/', '').replaceAll('\\0', '') + '.json', 'no'); } catch {}
      await out(frame({ type: 'bell' }));
    }
    await out(Buffer.from([0x1b, 0x5b, 0x32, 0x4a, 0x0a, 0xff, 0xfe, 0x9b, 0x32, 0x4a, 0x0a]));
  `);
});
afterAll(() => host[Symbol.asyncDispose]());

/** A log at a moment when nobody is in the middle of a line. */
async function whole(read: () => string): Promise<string[]> {
  const text = await eventually('the log to end with a line', () => read().endsWith('\n') && read());
  return text.trimEnd().split('\n');
}

test('every line of the host’s log is one JSON object of its own, without a control character', async () => {
  const lines = await whole(() => host.log());
  expect(lines.length).toBeGreaterThan(40);
  for (const line of lines) {
    const { msg = '' } = logLine.parse(JSON.parse(line));
    expect(msg).not.toContain('forged');
    expect(line).not.toMatch(/\p{Cc}/u);
  }
});

test('every line of a run’s log tells its stream, and none steers a terminal', async () => {
  const lines = await whole(() => host.runLog());
  expect(lines.length).toBeGreaterThan(20);
  for (const line of lines) {
    expect(line).toMatch(/^(out|err) /);
    expect(line).not.toMatch(/(?!\t)\p{Cc}/u);
  }
});

test('names of files that were put aside can be listed in a terminal', () => {
  for (const name of readdirSync(join(host.home, 'data', 'ipc', 'errors'))) expect(name).not.toMatch(/\p{Cc}/u);
});

test('what is legitimately printed stands in the log as it was', async () => {
  await host.endure("await out('plain words, ünïcödé 中 😀\\n');");
  await eventually('it to be logged', () => host.runLog().includes('out plain words, ünïcödé 中 😀\n'));
  expect(readFileSync(join(host.home, 'logs', 'nanoclaw.log'), 'utf8')).toContain('the host is ready');
});
