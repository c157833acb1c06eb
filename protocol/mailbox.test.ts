import { describe, expect, test } from 'vitest';
import { frame } from './frames.ts';
import { resultFile } from './mailbox.ts';

const result = { turnId: 't', ordinal: 1, status: 'ok', result: 'hi' };

describe('a result', () => {
  test('names the inputs that it answers', () => {
    const answers = Array.from({ length: 1_000 }, (_, at) => `input-${at}`);
    expect(resultFile.parse({ ...result, answers }).answers).toEqual(answers);
    expect(resultFile.safeParse(result).success).toBe(false);
    expect(resultFile.safeParse({ ...result, answers: 'input-1' }).success).toBe(false);
    expect(resultFile.safeParse({ ...result, answers: [1] }).success).toBe(false);
  });

  test('with more answers than any turn has is refused before they are looked at, in a file and in a frame', () => {
    // As many as fit the largest file.
    const answers = new Array<number>(2_000_000).fill(1);
    expect(resultFile.safeParse({ ...result, answers }).error?.issues).toHaveLength(1);
    const refused = frame.safeParse({ ...result, type: 'result', answers }).error;
    expect(JSON.stringify(refused?.issues).length).toBeLessThan(10_000);
  });
});
