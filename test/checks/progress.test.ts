// What takes long shows that it lives: a line that moves on a terminal, elsewhere one now and then.
import { Writable } from 'node:stream';
import { expect, test } from 'vitest';
import { Progress } from '../../scripts/progress.mjs';
import { eventually } from '../eventually.ts';

function screen(isTTY: boolean): { stream: NodeJS.WriteStream; text: () => string } {
  let text = '';
  const sink = new Writable({
    write(chunk, _encoding, done) {
      text += String(chunk);
      done();
    },
  });
  const stream = Object.assign(sink, { isTTY, columns: 30 }) as unknown as NodeJS.WriteStream;
  return { stream, text: () => text };
}

test('without a terminal a step says now and then that it goes on, in whole lines, until it is over', async () => {
  const { stream, text } = screen(false);
  const progress = new Progress(stream, { sayEvery: 5 });
  const end = progress.begin('building the agent image');
  await eventually('two signs of life', () => text().split('still').length > 2);
  end();
  const lines = text().trimEnd().split('\n');
  for (const line of lines) expect(line).toMatch(/^… still building the agent image \(\d+ s\)$/);
  expect(progress.step).toBeUndefined();
});

test('on a terminal the line stays below what is said, is no wider than it, and is gone at the end', async () => {
  const term = process.env['TERM'];
  process.env['TERM'] = 'xterm';
  const { stream, text } = screen(true);
  const progress = new Progress(stream, { moveEvery: 5 });
  if (term === undefined) delete process.env['TERM'];
  else process.env['TERM'] = term;
  const end = progress.begin('building something with a very long name');
  await eventually('the line', () => text().includes('…'));
  progress.say('2/3 image');
  end();
  const gone = '\r\u001b[K';
  expect(
    text().endsWith(`${gone}2/3 image
… building something with a v${gone}`),
  ).toBe(true);
});
