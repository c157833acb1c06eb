// What an attacker in the runner's place can make the host spend: memory, time of the others, disk.
import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import { type Strain, StrainedHost } from './strained-host.ts';

/** What may stay, and what may come and go. */
const mostMb = 50;
const mostPeakMb = 150;

let host: StrainedHost | undefined;
beforeEach(async () => {
  host ??= await StrainedHost.open();
});
afterAll(() => host?.[Symbol.asyncDispose]());

/** One that was brought down, or blown up, is no measure for the next attack. */
async function giveUp(): Promise<void> {
  const given = host;
  host = undefined;
  await given?.[Symbol.asyncDispose]();
}

async function endure(body: string): Promise<{ strain: Strain; on: StrainedHost }> {
  if (!host) throw new Error('there is no host');
  const on = host;
  const strain = await on.endure(body).catch(async (error: unknown) => {
    await giveUp();
    throw error;
  });
  if (strain.settled > mostMb) await giveUp();
  const [waited, peak, settled, logs] = [strain.waitedMs, strain.peak, strain.settled, strain.logs].map(Math.round);
  console.log(`the other group waited ${waited} ms at most; memory +${peak} MB, then +${settled} MB; logs +${logs} MB`);
  expect(strain.waitedMs, 'ms the other group waited').toBeLessThan(on.patienceMs);
  return { strain, on };
}

describe('output', () => {
  test.each([
    [
      'that begins a frame and never ends it',
      "await out(start); const lines = ('x'.repeat(1023) + '\\n').repeat(1024); for (let i = 0; i < 200; i++) await out(lines);",
    ],
    [
      'that never ends a line',
      "const mb = Buffer.alloc(1048576, 'x'); for (let i = 0; i < 300; i++) await out(mb); await out('\\n');",
    ],
    [
      'that never ends a line, on the other stream',
      "const mb = Buffer.alloc(1048576, 'x'); for (let i = 0; i < 300; i++) await err(mb); await err('\\n');",
    ],
    [
      'in frames of ten megabytes',
      "const one = frame({ type: 'partial', turnId: 'x', text: 'y'.repeat(1e7) }); for (let i = 0; i < 30; i++) await out(one);",
    ],
    [
      'in the largest frames that are read',
      "const one = frame({ type: 'partial', turnId: 'x', text: 'y'.repeat(8e6) }); for (let i = 0; i < 30; i++) await out(one);",
    ],
    [
      'of a hundred thousand signs of life',
      "const many = frame({ type: 'activity' }).repeat(1000); for (let i = 0; i < 100; i++) await out(many);",
    ],
    [
      'of a hundred thousand acknowledgements',
      "const many = frame({ type: 'ack', input: 'x' }).repeat(1000); for (let i = 0; i < 100; i++) await out(many);",
    ],
    [
      'of two hundred thousand bells',
      "const many = frame({ type: 'bell' }).repeat(1000); for (let i = 0; i < 200; i++) await out(many);",
    ],
    [
      'of twenty thousand frames that are none',
      "const many = frame('{').repeat(1000); for (let i = 0; i < 20; i++) await out(many);",
    ],
    [
      'of five thousand new conversations',
      "for (let i = 0; i < 5000; i++) await out(frame({ type: 'ready', newSessionId: 'session-' + i }));",
    ],
    [
      'of three hundred thousand lines',
      "const many = 'a\\n'.repeat(1e5); for (let i = 0; i < 3; i++) await out(many);",
    ],
    [
      'of half a million empty lines, on the other stream',
      "const many = '\\n'.repeat(1e5); for (let i = 0; i < 5; i++) await err(many);",
    ],
    [
      'of a result with two million answers that are none',
      `await out(frame('{"type":"result","turnId":"x","ordinal":1,"status":"ok","result":"r","answers":[' + '1,'.repeat(2e6) + '1]}'));`,
    ],
  ])('%s costs neither memory nor anybody’s time', async (_what, body) => {
    const { strain } = await endure(body);
    expect(strain.settled, 'MB when all had settled').toBeLessThan(mostMb);
    expect(strain.peak, 'MB at the highest').toBeLessThan(mostPeakMb);
  });
});

describe('the mailbox', () => {
  const result = (more: string) => `
    const { turnId } = input();
    put('results', 'x.json', { turnId, ordinal: Math.ceil(Math.random() * 1e9), status: 'ok', answers: [], ${more} });
    await out(frame({ type: 'bell' }));`;

  test.each([
    [
      'with a hundred files of four megabytes',
      "for (let i = 0; i < 100; i++) put('results', i + '.json', ' '.repeat(4194304)); await out(frame({ type: 'bell' }));",
    ],
    [
      'with files of brackets alone',
      "put('results', 'x.json', '['.repeat(4e6)); put('messages', 'x.json', '{\"a\":'.repeat(8e5)); await out(frame({ type: 'bell' }));",
    ],
    [
      'with a result of two million answers that are none',
      `put('results', 'x.json', '{"turnId":"x","ordinal":1,"status":"ok","result":"r","answers":[' + '1,'.repeat(2e6) + '1]}'); await out(frame({ type: 'bell' }));`,
    ],
    ['with a result that answers a million inputs', result("result: 'x', answers: Array(1.2e6).fill('')")],
    ['with a result of one word of four megabytes', result("result: 'x'.repeat(4e6)")],
    ['with a result of four megabytes of blanks', result("result: 'a' + ' '.repeat(4e6) + 'b'")],
    ['with a result of a million fences', result("result: '```\\n'.repeat(1e6)")],
    ['with a result of hidden parts that never end', result("result: '<internal '.repeat(3.8e5)")],
    ['with a result that is one long fence', result("result: '`'.repeat(1.2e6)")],
  ])('%s costs neither memory for long nor anybody’s time', async (_what, body) => {
    expect((await endure(body)).strain.settled, 'MB when all had settled').toBeLessThan(mostMb);
  });
});

describe('the logs', () => {
  test('of a run are held to their size, whatever is printed', async () => {
    const empty = "const many = '\\n'.repeat(1e6); for (let i = 0; i < 4; i++) await err(many);";
    const words =
      "const words = ('é'.repeat(500) + '\\n').repeat(1000); for (let i = 0; i < 15; i++) await out(words);";
    const { on } = await endure(empty + words);
    // Ten megabytes for each stream, and a line about what is missing.
    expect(Buffer.byteLength(on.runLog()) / 1024 / 1024, 'MB').toBeLessThan(20.1);
  });

  test('of the host cannot be filled by one group in the place of everything else', async () => {
    const { strain } = await endure(
      "const many = frame('{').repeat(1000); for (let i = 0; i < 20; i++) await out(many);",
    );
    expect(strain.logs, 'MB').toBeLessThan(0.5);
  });
});
