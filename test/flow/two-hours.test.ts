// Two hours of a wound clock: a line that flaps, waits that Telegram asks for, a model that goes away and comes back.
import { expect, test } from 'vitest';
import { fail, say } from '../../src/gateway/rehearsal/reply.ts';
import type { FaultKind } from '../fixtures/bot-api/faults.ts';
import { type WoundTelegram, woundTelegram } from '../fixtures/telegram-house.ts';

const aRound = 8 * 60_000;
const sends = ['sendRichMessage', 'sendMessage'];

type Trouble = (over: WoundTelegram, word: string) => Disposable | undefined;
const line =
  (kind: FaultKind, times: number, methods = sends): Trouble =>
  ({ api }) => {
    for (const method of methods) api.fault({ method, kind, times });
    return undefined;
  };
const polls = (kind: FaultKind, times = 2): Trouble => line(kind, times, ['getUpdates']);

/** Each strikes one message; a number: how often its answer may stand there more than once (Telegram took what we did not hear of). */
const troubles: readonly [what: string, trouble: Trouble, again?: number][] = [
  ['nothing', () => undefined],
  ['polls that are dropped', polls('dropBefore')],
  ['polls whose answers are lost', polls('dropAfter')],
  ['polls that are cut', polls('cutAfter')],
  ['a proxy that says 502', polls('502html', 3)],
  ['a send that is dropped', line('dropBefore', 1)],
  ['a send whose answer is lost', line('dropAfter', 1, ['sendRichMessage']), 1],
  ['a chat that is busy', ({ api, chat }) => void api.busy(chat, 40)],
  ['a token that is busy', ({ api }) => void api.busy(undefined, 70)],
  ['a send that is too much', line('429', 1)],
  ['everything is refused for a while', line('500', 4)],
  [
    'Telegram is gone for two minutes',
    (over) => {
      const back = over.now() + 120_000;
      const gone = over.api.close();
      return {
        [Symbol.dispose]: () =>
          void gone.then(() => over.until('the way back', () => over.now() >= back)).then(() => over.api.reopen()),
      };
    },
  ],
  ['a send that hangs', line('hang', 1, ['sendRichMessage'])],
  ['hints that hang', line('hang', 3, ['sendChatAction', 'setMessageReaction', 'sendRichMessageDraft'])],
  ['a model that is away', () => undefined],
];

test('every message is answered, none is answered twice but in the counted gap, and no call comes inside a wait', async () => {
  await using over = await woundTelegram();
  const { api, chat, house } = over;
  api.limitRates();
  let away = false;
  house.rehearsal.script = ({ person }) => (away ? fail(529) : say(`re ${person.map(({ text }) => text).join(' + ')}`));
  await api.waitUntilIdle();
  const start = over.now();
  for (const [round, [what, trouble]] of troubles.entries()) {
    const word = `m${round}`;
    away = what === 'a model that is away';
    const later = trouble(over, word);
    api.say({ chat, text: word });
    later?.[Symbol.dispose]();
    if (away) {
      await over.until('the chat to be told', () => api.finalAnswers(chat, 'overloaded').length > 0);
      const back = over.now() + 5 * 60_000;
      await over.until('some minutes to pass', () => over.now() >= back);
      away = false;
    }
    await over.until(`${what}: an answer`, () => api.finalAnswers(chat, `re ${word}`).length > 0);
    const end = start + (round + 1) * aRound;
    await over.until('the rest of the round', () => over.now() >= end, 5_000);
  }
  expect(over.now() - start).toBeGreaterThanOrEqual(2 * 3_600_000);

  const answers = troubles.map(([what, _, again = 0], round) => {
    const times = api.finalAnswers(chat, new RegExp(`^re m${round}$`)).length;
    return { what, wrong: times < 1 || times > 1 + again ? times : undefined };
  });
  expect(answers.filter(({ wrong }) => wrong !== undefined)).toEqual([]);
  expect(api.finalAnswers(chat, 'overloaded')).toHaveLength(1);
  expect(api.early.map(({ method, at }) => ({ method, at: at - start }))).toEqual([]);
  // One that was given up, and of whose end the server has not heard yet, is in nobody's way.
  expect(api.calls('getUpdates').filter(({ code, delivered }) => code === 409 && delivered)).toEqual([]);
  house.withStore((store) => expect(store.inbox.counts()).toEqual({ waiting: 0, claimed: 0, dead: 0 }));
});
