import { expect, test } from 'vitest';
import { createLog } from '../lib/log.ts';
import { readableLog } from './readable-log.ts';

test('a log line becomes one line for a person, whatever stands in it', () => {
  const lines: string[] = [];
  const log = createLog('debug', { write: (line) => lines.push(readableLog(line)) });
  log.info({ group: 'main', count: 2 }, 'a turn began');
  log.error({ err: new Error('no \u001b[31mdisk') }, 'not stored');
  expect(lines.map((line) => line.replace(/^\d\d:\d\d:\d\d/, 'T'))).toEqual([
    'T info  a turn began group=main count=2',
    'T ERROR not stored err=no [31mdisk',
  ]);
});
