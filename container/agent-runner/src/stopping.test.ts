import { describe, expect, test } from 'vitest';
import { deadlineMs, openRunner, until } from '../test/open-runner.ts';
import { openScriptedModel, type Script } from '../test/scripted-model.ts';

const echo: Script = (call) => ({ text: `You said: ${call.prompt}` });
/** Longer than anything the SDK does between two events; `sleep` itself it refuses. */
const slowCommand = (ms: number) => `node -e "setTimeout(() => console.log('slept'), ${ms})"`;
const slowTool = (ms: number) => ({ tool: 'Bash', input: { command: slowCommand(ms), description: 'wait' } });

/** Runs a slow tool for "slow", then tells what came meanwhile. */
const patient: Script = (call) => {
  if (call.results.length > 0) return { text: `tool: ${call.results[0]?.text}; meanwhile: ${call.queued.join()}` };
  return call.prompt === 'slow' ? slowTool(1_500) : { text: `You said: ${call.prompt}` };
};

describe('stopping', { timeout: 3 * deadlineMs }, () => {
  test('an interrupt stops the tool and the follow-up waiting behind it; the next turn works', async () => {
    await using model = await openScriptedModel((call) =>
      call.prompt === 'slow' ? slowTool(60_000) : { text: `You said: ${call.prompt}`, delayMs: 700 },
    );
    await using runner = await openRunner({ model: model.url });
    const first = runner.say('slow');
    await until('the tool', () => runner.frames.find((frame) => frame.type === 'activity' && frame.tool));
    const second = runner.say('and this');
    await until('its ack', () => runner.host.files('acks').find((id) => id === second));
    const stop = runner.host.interrupt('t1');
    runner.ring();
    const results = await runner.results(2);
    expect(results).toMatchObject([
      { answers: [first], status: 'stopped', result: null },
      { answers: [second], status: 'stopped', result: null },
    ]);
    expect(runner.host.files('acks')).toContain(stop);
    await runner.state('idle');
    runner.say('go on', { turnId: 't2' });
    expect((await runner.results(3)).at(-1)).toMatchObject({ turnId: 't2', status: 'ok', result: 'You said: go on' });
  });

  test('an interrupt right behind its message stops it, before or after it began', async () => {
    await using model = await openScriptedModel(() => slowTool(60_000));
    await using runner = await openRunner({ model: model.url });
    await runner.state('ready');
    const id = runner.host.say('slow');
    runner.host.interrupt('t1');
    runner.ring();
    expect(await runner.results(1)).toMatchObject([{ answers: [id], status: 'stopped' }]);
  });

  test('what is said right after an interrupt is answered, whatever it was taken in with', async () => {
    await using model = await openScriptedModel((call) =>
      call.prompt === 'slow' ? slowTool(60_000) : { text: 'fine', delayMs: 700 },
    );
    await using runner = await openRunner({ model: model.url });
    runner.say('slow', { id: 'a' });
    await until('the tool', () => runner.frames.find((frame) => frame.type === 'activity' && frame.tool));
    runner.say('stopped too', { id: 'b' });
    await until('its ack', () => runner.host.files('acks').find((id) => id === 'b'));
    runner.host.interrupt('t1');
    runner.say('but this', { id: 'c' });
    await until('its answer', () => runner.host.results().find((result) => result.answers.includes('c')));
    await runner.state('idle');
    const outcome = runner.host.results().flatMap((one) => one.answers.map((id) => `${id} ${one.status}`));
    expect(outcome.sort()).toEqual(['a stopped', 'b stopped', 'c ok']);
  });

  test('an interrupt for a turn that is over changes nothing', async () => {
    await using model = await openScriptedModel((call) => ({ text: `You said: ${call.prompt}`, delayMs: 700 }));
    await using runner = await openRunner({ model: model.url });
    runner.say('one', { turnId: 't1' });
    await runner.results(1);
    const stop = runner.host.interrupt('t1');
    runner.say('two', { turnId: 't2' });
    expect((await runner.results(2))[1]).toMatchObject({ turnId: 't2', status: 'ok', result: 'You said: two' });
    expect(runner.host.files('acks')).toContain(stop);
  });

  test('closing while busy finishes the turn and what was written just before', async () => {
    await using model = await openScriptedModel(patient);
    await using runner = await openRunner({ model: model.url });
    const first = runner.say('slow', { turnId: 't1' });
    await until('the tool', () => runner.frames.find((frame) => frame.type === 'activity' && frame.tool));
    const last = runner.host.say('and this', { turnId: 't1' });
    expect(await runner.close()).toBe(0);
    expect(runner.host.results().flatMap((result) => result.answers)).toEqual([first, last]);
    expect(runner.host.results().every((result) => result.status === 'ok')).toBe(true);
  });

  test('closing gives up on a turn without a sign of life', async () => {
    await using model = await openScriptedModel(() => ({ hang: true }));
    await using runner = await openRunner({ model: model.url, layout: { farewellMs: 1_500 } });
    runner.say('hello');
    await until('the request', () => model.calls[0]);
    expect(await runner.close()).toBe(1);
    expect(runner.host.results()).toEqual([]);
  });

  test('closing an idle runner ends it at once', async () => {
    await using model = await openScriptedModel(echo);
    await using runner = await openRunner({ model: model.url });
    await runner.state('ready');
    expect(await runner.close()).toBe(0);
  });
});
