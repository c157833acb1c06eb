import { describe, expect, test } from 'vitest';
import { isTelling, progressLine } from './progress.ts';

const minute = 60_000;
const work = { startedAt: 0, visibleAt: undefined, toldAt: undefined, tool: undefined };

describe('the line that says that a turn goes on', () => {
  test('comes after a minute in which nothing was to be seen', () => {
    expect(progressLine(work, minute - 1)).toBeUndefined();
    expect(progressLine(work, minute)).toBe('⏳ working (1 min)');
    expect(progressLine({ ...work, visibleAt: 30_000 }, minute)).toBeUndefined();
    expect(progressLine({ ...work, visibleAt: 30_000 }, 90_000)).toBe('⏳ working (1 min)');
  });

  test('comes again after three minutes, not before', () => {
    const told = { ...work, toldAt: minute };
    expect(progressLine(told, 4 * minute - 1)).toBeUndefined();
    expect(progressLine(told, 4 * minute)).toBe('⏳ working (4 min)');
  });

  test.each([
    ['Bash', 'running a command'],
    ['WebSearch', 'searching the web'],
    ['Edit', 'working on files'],
    ['Task', 'a helper is at work'],
    ['mcp__maps__route', 'mcp__maps__route'],
  ])('says of %s: %s', (tool, words) => {
    expect(progressLine({ ...work, tool }, 2 * minute)).toBe(`⏳ working: ${words} (2 min)`);
  });

  test('says nothing of how the agent talks to us', () => {
    expect(isTelling('mcp__nanoclaw__send_message')).toBe(false);
    expect(isTelling('Bash')).toBe(true);
  });
});
