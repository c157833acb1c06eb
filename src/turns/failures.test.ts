import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { retryAt } from './causes.ts';
import { cleaned } from './evidence.ts';
import { failingAnswers, failureOfResult, type Row } from './failures.ts';
import { endOfLimit, untilInWords } from './until.ts';

const now = Date.parse('2026-12-01T12:00:00Z');
const here = { timeZone: 'Europe/Berlin', now };
const seen = { ...here, model: undefined };

test('docs/architecture.md shows the table of failing answers as it is', () => {
  const lines = failingAnswers.map((row) => `| ${row.name} | ${becomes(row)} | ${goesOn(row)} |`);
  const documented = readFileSync(new URL('../../docs/architecture.md', import.meta.url), 'utf8');
  expect(documented).toContain(['| answer | its message | goes on |', '| --- | --- | --- |', ...lines].join('\n'));
});

function becomes(row: Row): string {
  switch (row.outcome) {
    case 'waits':
      return 'waits, unspent';
    case 'tries':
      return 'an attempt is spent, six in all';
    case 'ends':
      switch (row.session) {
        case 'tainted':
          return 'ends at once, and the conversation with it';
        case 'suspect':
          return 'ends at once; the second in a row: again in a new conversation';
        case 'spoilt':
          return 'ends at once where nothing was said before; else again, then in a new conversation';
        case 'full':
          return 'again in a new conversation';
        default:
          return 'ends at once';
      }
  }
}

function goesOn(row: Row): string {
  if (row.outcome === 'ends') return 'with the next message';
  if (row.outcome === 'tries') return 'after 5, 10, 20, 40, 80 s';
  if (row.cause === 'limit') return 'when the limit ends; every 15 min if that is unknown';
  if (row.cause === 'model') return 'when another model is chosen, or the host starts again';
  const wait = retryAt(row.cause, 9, 0);
  if (wait > 1e12) return 'when the host starts again, or somebody writes';
  if (wait === 900_000) return 'every 15 min';
  const backOff = 'after 5, 10, 20, 40, 80 s, then every 5 min';
  return row.cause === 'overloaded' ? `${backOff}, or when the server says` : backOff;
}

test('an answer that nothing knows ends its message, in a true sentence', () => {
  const failure = failureOfResult({ code: 'model', message: 'API Error: 418 I am a teapot', status: 418 }, seen);
  expect(failure).toMatchObject({
    type: 'ends',
    reason: 'the model’s server would not take it (error 418)',
    detail: 'I am a teapot',
  });
});

test('what an older runner says is understood: a code and a sentence are enough', () => {
  const of = (code: 'credential' | 'overloaded' | 'network' | 'agent') =>
    failureOfResult({ code, message: 'it failed' }, seen);
  expect(of('credential')).toMatchObject({ type: 'outside', cause: 'credential' });
  expect(of('overloaded')).toMatchObject({ type: 'outside', cause: 'overloaded' });
  expect(of('network')).toMatchObject({ type: 'outside', cause: 'network' });
  expect(of('agent')).toEqual({ type: 'message', reason: 'it failed' });
  expect(failureOfResult(undefined, seen)).toEqual({ type: 'message', reason: 'my agent gave no reason' });
});

test('what the gateway saw of another request says nothing about this result', () => {
  const answer = { host: 'model.test', status: 404, error: { type: 'not_found_error', message: 'model: x' } };
  const failure = failureOfResult(
    { code: 'overloaded', message: 'API Error: 529 Overloaded', status: 529, answer },
    seen,
  );
  expect(failure).toMatchObject({ cause: 'overloaded' });
});

test('the sentence for a chat holds no path, no JSON and no stack', () => {
  expect(cleaned('API Error: 400 {"type":"error","error":{"type":"x","message":"no \\"such\\" thing"}}')).toBe(
    'no \\"such\\" thing',
  );
  expect(cleaned('spawn /opt/app/claude ENOENT\n    at Child (/x/y.js:1:2)')).toBe('spawn … ENOENT');
  expect(cleaned('API Error: 503 Away. This is a server-side issue, usually temporary — try again.')).toBe('Away');
});

describe('when a limit ends', () => {
  test.each([
    ['Claude AI usage limit reached|1796137506', 1_796_137_506_000],
    ['Claude AI usage limit reached|1796137506000', 1_796_137_506_000],
    [
      'You have reached your limits. You will regain access on 2027-01-01 at 00:00 UTC.',
      Date.parse('2027-01-01T00:00:00Z'),
    ],
    ["You've hit your 5-hour limit · resets 4:08pm (Europe/Berlin)", Date.parse('2026-12-01T15:08:00Z')],
    ["You've hit your limit · resets 1am (Europe/Oslo)", Date.parse('2026-12-02T00:00:00Z')],
    ['Your limit will reset at 9:30 AM.', Date.parse('2026-12-02T08:30:00Z')],
    ["You've hit your limit · resets 12am", Date.parse('2026-12-01T23:00:00Z')],
    ['overloaded', undefined],
  ])('%s', (words, instant) => {
    expect(endOfLimit(words, here)).toBe(instant);
  });

  test('is told by the clock on the wall, with its day when that is not today', () => {
    expect(untilInWords(Date.parse('2026-12-01T12:46:00Z'), here)).toBe('13:46');
    expect(untilInWords(Date.parse('2026-12-01T12:46:01Z'), here)).toBe('13:47');
    expect(untilInWords(Date.parse('2026-12-03T12:46:00Z'), here)).toBe('13:46 on Thu 3 Dec');
  });

  test('one that lies behind us, or years ahead, is none', () => {
    for (const epoch of [1_700_000_000, 9_999_999_999]) {
      const failure = failureOfResult(
        { code: 'overloaded', message: `Claude AI usage limit reached|${epoch}`, status: 429 },
        seen,
      );
      expect(failure).toMatchObject({ cause: 'limit', untilAt: undefined });
    }
  });
});
