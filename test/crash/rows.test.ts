// The crash table of docs/architecture.md and its tests: each row is tried by a test whose name begins with the row's own words.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { checkout } from '../fixtures/engine.ts';

/** Rows that are tried where the part in question has its tests: file and words of a test's name. */
const elsewhere: Readonly<Record<string, readonly [string, string]>> = {
  'host, while a container starts or closes': ['test/container/adoption.test.ts', 'is ended, and another one answers'],
  'host, stopped politely during a turn': ['test/container/adoption.test.ts', 'a host stopped politely leaves'],
  'host, a stop was requested, the agent has not acknowledged it': [
    'test/flow/interrupt.test.ts',
    'a stop survives the host',
  ],
  'host, after the last turn that could complete a streaming row': [
    'src/outbound/stream-endings.test.ts',
    'is finished as it stands when the host starts',
  ],
  'host, after a file was sent, before it was removed': [
    'src/outbound/deliver.test.ts',
    'is removed when the host starts',
  ],
  'host, stored, its files not fetched': [
    'test/flow/attachments.test.ts',
    'dies between storing a photo and fetching it',
  ],
  'host, file copied to be sent, request not stored': [
    'src/outbound/deliver.test.ts',
    'that no row names is removed when the host starts',
  ],
  'runner or container, while something of an answered turn runs in the background': [
    'test/flow/background.test.ts',
    'what ended with its sandbox is not waited for',
  ],
  'runner, does not stop within 5 s': ['test/flow/interrupt.test.ts', 'does not heed the stop is killed'],
  'budget of the day, spent before the turn begins': [
    'test/flow/budgets.test.ts',
    'a spent budget: the next message is held',
  ],
  'machine, sleeps': ['test/flow/sleep.test.ts', 'a machine that slept'],
};

test('every row of the crash table has a test that bears its name', () => {
  const names = readdirSync(join(checkout, 'test', 'crash'))
    .filter((file) => file.endsWith('.test.ts'))
    .flatMap((file) => readFileSync(join(checkout, 'test', 'crash', file), 'utf8').split('\n'));
  const untried = rows().filter((row) => {
    const [file, words] = elsewhere[row] ?? [];
    if (file !== undefined) return !readFileSync(join(checkout, file), 'utf8').includes(words ?? '');
    return !names.some((line) => plain(line).includes(`'${row}`));
  });
  expect(untried).toEqual([]);
});

/** `who, when` of each row. */
function rows(): string[] {
  const text = readFileSync(join(checkout, 'docs', 'architecture.md'), 'utf8');
  const [, table = ''] = text.split('| who | when |');
  const lines = table.split('\n').slice(2);
  const end = lines.findIndex((line) => !line.startsWith('|'));
  return lines.slice(0, end < 0 ? undefined : end).map((line) => {
    const [, who = '', when = ''] = line.split('|').map((cell) => cell.trim());
    return plain(`${who}, ${when}`);
  });
}

function plain(text: string): string {
  return text.replaceAll('`', '').replaceAll('’', "'");
}
