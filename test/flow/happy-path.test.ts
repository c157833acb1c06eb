// The seed's "Core Data Flow", step by step: the row, file or frame of each.
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { frameEnd, frameStart } from '../../protocol/frames.ts';
import { inputFile } from '../../protocol/mailbox.ts';
import { startLine } from '../../protocol/start.ts';
import { say } from '../../src/gateway/rehearsal/reply.ts';
import { eventually } from '../eventually.ts';
import { openHouse } from '../house.ts';

test('a message walks from the channel to the agent and its answer back into the same chat', async () => {
  await using house = await openHouse();
  house.group('weather', 'tg:9');
  const gate: { open?: () => void } = {};
  const opened = new Promise<void>((resolve) => {
    gate.open = resolve;
  });
  house.rehearsal.script = async () => {
    await opened;
    return say('<internal>easy</internal>Sunny, 21 °C.');
  };
  const mailbox = join(house.home, 'data', 'ipc', 'weather');

  // The channel hands the message over; the policy matches the trigger; message and inbox row are stored in one go.
  house.say('good morning all', { jid: 'tg:9' });
  const seq = house.say("@Andy what's the weather?", { jid: 'tg:9' });
  house.withStore((store) => {
    expect(store.messages.get(seq)).toMatchObject({
      text: "@Andy what's the weather?",
      direction: 'in',
      senderName: 'Ann',
    });
    expect(store.inbox.ofMessage(seq)).toMatchObject({ group_folder: 'weather', wakes: 1 });
    expect(store.inbox.ofMessage(seq - 1)).toMatchObject({ wakes: 0 });
  });

  // The dispatcher claims both for a turn of the group's lane and starts its container; the model is asked.
  const asked = await house.rehearsal.seen(1, 60_000);
  const claimed = house.withStore((store) => store.inbox.ofMessage(seq));
  expect(claimed).toMatchObject({ state: 'claimed' });
  expect(house.sandbox.runs).toHaveLength(1);
  const [run] = house.sandbox.runs;

  // The start line went in on stdin; the message is a file in the mailbox, acknowledged by the runner.
  const begun = startLine.parse(JSON.parse(run?.stdin.split('\n')[0] ?? ''));
  expect(begun).toMatchObject({ prompt: '', groupFolder: 'weather', isMain: false, runId: run?.spec.run });
  const [name = ''] = readdirSync(join(mailbox, 'input'));
  expect(name).toMatch(/^\d{12}-[0-9a-f-]{36}\.json$/);
  const input = inputFile.parse(JSON.parse(house.read('data', 'ipc', 'weather', 'input', name)));
  expect(input).toMatchObject({ type: 'message', turnId: claimed?.turn_id, id: claimed?.input_id, chatJid: 'tg:9' });
  await eventually('the acknowledgement', () => existsSync(join(mailbox, 'acks', input.id)));
  await eventually('the status', () => house.read('data', 'ipc', 'weather', 'status.json').includes('"busy"'));

  // What the agent reads: both messages, escaped, in order; typing is shown meanwhile.
  expect(asked.context.person.map((one) => one.text)).toEqual(['good morning all', "@Andy what's the weather?"]);
  expect(house.channel.typing.filter((one) => one.jid === 'tg:9')).toEqual([{ jid: 'tg:9', on: true }]);

  gate.open?.();
  // The answer comes back as a result file and a frame between markers, is stored, and leaves through the outbox.
  expect(await house.hears(1, { jid: 'tg:9' })).toEqual(['Sunny, 21 °C.']);
  await eventually('the turn to end, and its answer to be marked', () =>
    house.withStore((store) => store.turns.running().length === 0 && store.outbox.openIn('tg:9') === 0),
  );
  // The file may be taken before the frame has come.
  const result = await eventually('the frame', () => {
    const frames = (run?.stdout ?? '').split(frameStart).filter((text) => text.includes(frameEnd));
    return frames.map((frame) => JSON.parse(frame.split(frameEnd)[0] ?? '')).find((frame) => frame.type === 'result');
  });
  expect(result).toMatchObject({ status: 'ok', turnId: claimed?.turn_id, ordinal: 1, answers: [input.id] });
  house.withStore((store) => {
    expect(store.inbox.ofMessage(seq)).toMatchObject({ state: 'done' });
    expect(store.inbox.ofMessage(seq - 1)).toMatchObject({ state: 'done' });
    expect(store.turns.get(input.turnId)).toMatchObject({ state: 'done', run_id: run?.spec.run });
    expect(store.outbox.saidBy(input.turnId)).toEqual(['Sunny, 21 °C.']);
    expect(store.outbox.openIn('tg:9')).toBe(0);
    expect(store.messages.newest('tg:9', 1)[0]).toMatchObject({
      direction: 'out',
      text: 'Sunny, 21 °C.',
      platformId: house.channel.heard[0]?.platformId,
    });
  });
  expect(house.channel.heard[0]?.key).toBe(`result:${input.turnId}-1/1`);
  for (const place of ['input', 'results', 'acks']) expect(readdirSync(join(mailbox, place))).toEqual([]);
  expect(house.channel.typing.at(-1)).toEqual({ jid: 'tg:9', on: false });
});
