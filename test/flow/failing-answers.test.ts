// Every answer of a model that is none, through the gateway, a real sandbox and the real SDK: what is said of it, once;
// what it costs; and what the next message gets. Printed as a table.
import { expect, test } from 'vitest';
import { failureOfResult } from '../../src/turns/failures.ts';
import { eventually } from '../eventually.ts';
import { FailingModel } from '../fixtures/failing-model.ts';
import { type FailingRow, failingRows } from '../fixtures/failing-rows.ts';
import { type House, openHouse } from '../house.ts';

interface Seen {
  readonly name: string;
  readonly chat: string;
  readonly owner: string;
  readonly requests: number;
  readonly seconds: string;
  readonly outcome: string;
  readonly attempts: number;
  readonly next: string;
  /** The next request still held what was refused. */
  readonly heldIt: boolean;
  readonly notices: number;
}

test('every failing answer is told once and truly, costs its message nothing it did not do, and spoils nothing after it', async () => {
  const healed = new Set<number>();
  await using model = await FailingModel.open((n) => (healed.has(n) ? undefined : failingRows[n - 1]?.wire));
  await using house = await openHouse({ upstream: model.upstream, settings: { MAX_CONCURRENT_CONTAINERS: '3' } });
  const seen: Seen[] = [];
  const todo = failingRows.map((row, at) => ({ row, n: at + 1 }));
  const work = async () => {
    for (let one = todo.shift(); one; one = todo.shift()) {
      const { row, n } = one;
      seen[n - 1] = await tried(house, { model, row, n, heal: () => healed.add(n) });
    }
  };
  await Promise.all([work(), work(), work()]);
  print(seen);
  for (const [at, row] of failingRows.entries()) {
    const one = seen[at];
    expect.soft(one, row.name).toMatchObject({
      chat: expect.stringMatching(row.chat),
      ...(row.owner && { owner: expect.stringMatching(row.owner) }),
      requests: row.requests,
      outcome: row.outcome,
      attempts: 0,
      heldIt: row.renews ? false : expect.anything(),
      notices: 1,
    });
    expect.soft(one?.next, row.name).toMatch(/^fine-\d+$/);
    expect.soft(one?.chat, row.name).not.toMatch(/[{}[\]]|\/workspace|\/root|\/home|\n\s+at /);
  }
});

async function tried(
  house: House,
  { model, row, n, heal }: { model: FailingModel; row: FailingRow; n: number; heal: () => void },
): Promise<Seen> {
  const jid = `tg:${100 + n}`;
  house.group(`g${n}`, jid, { requiresTrigger: false });
  const began = performance.now();
  const seq = house.say(`bad-${n}`, { jid });
  const [chat = ''] = await house.hears(1, { jid });
  const seconds = ((performance.now() - began) / 1000).toFixed(1);
  await eventually('its turn to be over', () => {
    const state = house.state(seq);
    return state === 'waiting' || state === 'dead' || state === 'done';
  });
  const at = house.withStore((store) => store.inbox.ofMessage(seq));
  const requests = model.asked.get(n)?.length ?? 0;
  heal();
  house.say(`good-${n}`, { jid });
  await house.hears(2, { jid });
  const heard = house.heard(jid);
  const outcome = { waiting: 'waits', dead: 'ends', done: 'answered', claimed: 'claimed' }[at?.state ?? 'claimed'];
  return {
    name: row.name,
    ...{ chat, requests, seconds, outcome, attempts: at?.attempts ?? 0, next: heard[1] ?? '' },
    owner: ownerText(house, at?.turn_id ?? undefined),
    heldIt: model.asked.get(n)?.at(-1)?.includes(`bad-${n}`) ?? false,
    notices: heard.length - 1,
  };
}

/** What is said in main, from what was stored of the failure. */
function ownerText(house: House, turn: string | undefined): string {
  return house.withStore((store) => {
    const error = turn === undefined ? undefined : store.turns.inputs(turn).find((input) => input.error)?.error;
    if (!error) return '';
    const failure = failureOfResult(error, { model: undefined, timeZone: 'Europe/Berlin', now: house.clock.now() });
    switch (failure.type) {
      case 'outside':
        return failure.words?.owner ?? failure.detail;
      case 'ends':
        return `${failure.reason} (“${failure.detail}”). ${failure.cure}`;
      case 'message':
        return failure.reason;
      case 'ours':
        return '';
    }
  });
}

function print(seen: readonly Seen[]): void {
  const lines = seen.map((one) => {
    const { name, outcome, requests, seconds, chat, owner, next, heldIt } = one;
    const told = chat.replace(/\n+/g, ' ⏎ ');
    return `${name} | ${outcome} | ${requests} | ${seconds} | ${told} | ${owner} | ${next}${heldIt ? '' : ' (new conversation)'}`;
  });
  process.stdout.write(`answer | then | requests | s | chat | owner | next message\n${lines.join('\n')}\n`);
}
