// The judge of the crash suite, itself in court: it sees what is lost, doubled and out of order, and excuses one thing only.
import { describe, expect, test } from 'vitest';
import type { OutboxLook } from '../fixtures/crash/home-look.ts';
import { type Asked, type Evidence, judge } from '../fixtures/crash/judge.ts';

const chat = 'tg:1';
const asked = (kind: Asked['kind'] = 'plain', stored = true): Asked[] => [{ nonce: 'n0001', kind, chat, stored }];
const said = (...texts: string[]) =>
  texts.map((text, index) => ({ chat, text, at: 1_000 * (index + 1), id: String(index + 1) }));
const row = (text: string, state: OutboxLook['state'] = 'sending'): OutboxLook => ({
  ...{ id: 7, key: 'result:t-1', part: 1, chat_jid: chat, platform_id: null, attempts: 1 },
  ...{ text, state },
});
const court = (evidence: Partial<Evidence>) =>
  judge({ asked: asked(), heard: [], deaths: [], results: [], ...evidence });

describe('the judge', () => {
  test('is content with one answer, and with one line that says why there is none', () => {
    expect(court({ heard: said('final n0001') })).toEqual({ faults: [], repeats: [], answered: 1, toldWhyNot: 0 });
    const line = '⚠️ I could not answer “n0001 kind=plain” (m1): it failed.';
    expect(court({ heard: said(line) })).toEqual({ faults: [], repeats: [], answered: 0, toldWhyNot: 1 });
  });

  test('sees a message that was lost', () => {
    expect(court({ heard: said('final n00011', 'note n0001') }).faults).toEqual([expect.stringContaining('was lost')]);
  });

  test('sees an answer that came twice, and one that came beside a line that says there is none', () => {
    expect(court({ heard: said('final n0001', 'final n0001') }).faults).toEqual([expect.stringContaining('2 times')]);
    expect(court({ heard: said('final n0001', 'I could not answer “n0001”') }).faults).toHaveLength(1);
  });

  test('sees a message that two stored results answer, even if one of them says nothing', () => {
    const results = ['<message>n0001 kind=plain</message>', '<message>n0001 kind=plain</message>'];
    expect(court({ heard: said('final n0001'), results }).faults).toEqual([
      expect.stringContaining('2 stored results'),
    ]);
  });

  test('sees a word of the agent’s own that came twice', () => {
    expect(court({ heard: said('note n0001', 'note n0001', 'final n0001') }).faults).toHaveLength(1);
  });

  test('sees a part that is missing and parts in the wrong order', () => {
    const parts = (...texts: string[]) => court({ asked: asked('parts'), heard: said(...texts) }).faults;
    expect(parts('part 1 n0001 …', 'part 2 n0001 …', 'part 3 n0001 final n0001')).toEqual([]);
    expect(parts('part 1 n0001 …', 'part 3 n0001 final n0001')).toEqual([expect.stringContaining('part 2')]);
    expect(parts('part 2 n0001 …', 'part 1 n0001 …', 'part 3 n0001 final n0001')).toHaveLength(1);
  });

  test('sees an answer to what was never stored, and the beginning of an answer that nobody finished', () => {
    expect(court({ asked: asked('plain', false), heard: said('final n0001') }).faults).toHaveLength(1);
    expect(court({ asked: asked('stream'), heard: said('begun n0001 and', 'final n0001') }).faults).toHaveLength(1);
  });

  test('excuses a repeat only when a host died with that very row under way and its id unknown', () => {
    const heard = said('final n0001', 'final n0001');
    const death = { at: 1_500, unmarked: [row('final n0001')], marked: new Set<string>() };
    expect(court({ heard, deaths: [death] })).toMatchObject({ faults: [], repeats: [expect.any(String)], answered: 1 });
    const guilty = [
      { ...death, at: 900 },
      { ...death, unmarked: [row('final n0002')] },
      { ...death, unmarked: [] },
      { ...death, marked: new Set([`${chat} 1`]) },
    ];
    const elsewhere = { ...death, marked: new Set(['tg:2 1']) };
    expect(court({ heard, deaths: [elsewhere] }).faults).toEqual([]);
    for (const other of guilty) expect(court({ heard, deaths: [other] }).faults).toHaveLength(1);
    expect(court({ heard: said('final n0001', 'final n0001', 'final n0001'), deaths: [death] }).faults).toHaveLength(1);
  });
});
