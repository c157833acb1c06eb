import { expect, test } from 'vitest';
import { InboundDesk } from '../../test/fixtures/receiver.ts';

const team = 'tg:-2';

class Talk {
  readonly desk = new InboundDesk();
  #said = 0;

  constructor() {
    this.desk.store.owners.add({ channel: 'telegram', senderId: 'olga', name: 'Olga' }, 1);
  }

  /** Our answer arrives, so long after what it answers. */
  answer(afterMs: number): void {
    const { store, clock } = this.desk;
    clock.advance(afterMs);
    const said = { jid: team, thread: undefined, platformId: `ours-${++this.#said}`, name: 'Andy', text: 'yes' };
    store.messages.insertOutbound({ ...said, kind: 'message' }, clock.now());
  }

  /** True when it wakes the group. */
  says(senderId: string, afterMs: number, more: { senderIsBot?: boolean } = {}): boolean {
    const { store, clock } = this.desk;
    clock.advance(afterMs);
    const seq = this.desk.say('@Andy and now?', { jid: team, senderId, senderName: senderId, ...more });
    return store.inbox.ofMessage(seq ?? 0)?.wakes === 1;
  }

  /** How often they answered each other before it ended; at most `most`. */
  run(
    senderId: string,
    most: number,
    ms: { ours: number; theirs: number },
    more: { senderIsBot?: boolean } = {},
  ): number {
    for (let count = 0; count < most; count++) {
      if (!this.says(senderId, ms.theirs, more)) return count;
      this.answer(ms.ours);
    }
    return most;
  }
}

test.each([
  ['at once', { ours: 100, theirs: 100 }, {}, 11],
  ['as another assistant would', { ours: 6_000, theirs: 7_000 }, {}, 41],
  ['slowly, all day long', { ours: 6_000, theirs: 120_000 }, {}, 301],
  ['twice a minute', { ours: 6_000, theirs: 24_000 }, {}, 101],
  ['as a machine that says so', { ours: 6_000, theirs: 5_000 }, { senderIsBot: true }, 9],
  ['as a mail robot, every quarter of an hour', { ours: 6_000, theirs: 900_000 }, { senderIsBot: true }, 21],
])('whoever answers %s is answered no more after so many turns', (_how, ms, more, most) => {
  const talk = new Talk();
  using desk = talk.desk;
  expect(talk.run('robo', 1_000, ms, more)).toBe(most);
  // Of the others nobody is answered either, until an owner speaks.
  expect(talk.says('bob', 1_000)).toBe(false);
  expect(talk.says('olga', 1_000)).toBe(true);
  expect(talk.says('bob', 1_000)).toBe(true);
  expect(desk.store.chats.quiet(team).untilAt).toBe(0);
});

test('it goes on by itself after an hour, and the second time in a day after a day', () => {
  const talk = new Talk();
  using _desk = talk.desk;
  const fast = { ours: 100, theirs: 100 };
  expect(talk.run('robo', 100, fast)).toBe(11);
  expect(talk.says('robo', 3_500_000)).toBe(false);
  talk.desk.clock.advance(200_000);
  expect(talk.run('robo', 100, fast)).toBe(11);
  expect(talk.says('robo', 23 * 3_600_000)).toBe(false);
  expect(talk.says('robo', 3_700_000)).toBe(true);
});

test('a lively group of people is answered for an evening, and one of them who asks all the time', () => {
  const talk = new Talk();
  using _desk = talk.desk;
  // A quiz of eight: somebody calls every four seconds, often right after an answer.
  const people = ['ann', 'bob', 'cem', 'dee', 'eva', 'fay', 'gus', 'hal'];
  let random = 7;
  const next = (below: number) => {
    random = (random * 16_807) % 2_147_483_647;
    return random % below;
  };
  for (let n = 0; n < 1_000; n++) {
    const who = people[next(people.length)] ?? 'ann';
    expect([n, talk.says(who, 500 + next(4_000))]).toEqual([n, true]);
    talk.answer(3_000);
  }
  // One alone, a question every half minute for half an hour.
  expect(talk.run('ida', 60, { ours: 8_000, theirs: 22_000 })).toBe(60);
});
