import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { deadlineMs, type OpenRunner, openRunner, until } from '../test/open-runner.ts';
import { openScriptedModel, type Script } from '../test/scripted-model.ts';

const echo: Script = (call) => ({ text: `You said: ${call.prompt}` });
/** Lasts until the test lets it go on; `sleep` itself the SDK refuses. */
const waits = 'while [ ! -e go ]; do node -e ""; done; echo slept';

/** Runs a tool that waits for "slow", then tells what came meanwhile. */
const patient: Script = (call) => {
  if (call.results.length > 0) return { text: `tool: ${call.results[0]?.text}; meanwhile: ${call.queued.join()}` };
  if (call.prompt !== 'slow') return { text: `You said: ${call.prompt}` };
  return { tool: 'Bash', input: { command: waits, description: 'wait' } };
};

/** Everything the SDK has written down of its conversations: also what it was given and has not begun. */
function transcripts(runner: OpenRunner): string {
  const projects = join(runner.host.root, 'claude', 'projects');
  const names = readdirSync(projects, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.jsonl'));
  return names.map((name) => readFileSync(join(projects, name), 'utf8')).join('\n');
}

describe('inputs and results', { timeout: 3 * deadlineMs }, () => {
  test('a greeting is acknowledged, answered, and the result names the input', async () => {
    await using model = await openScriptedModel(echo);
    await using runner = await openRunner({ model: model.url });
    await runner.state('ready');
    const id = runner.say('hello', { turnId: 'turn-a' });
    const [result] = await runner.results(1);
    expect(result).toMatchObject({ turnId: 'turn-a', ordinal: 1, answers: [id], status: 'ok' });
    expect(result?.result).toBe('You said: hello');
    expect(result?.newSessionId).toBeUndefined();
    expect(result?.usage).toMatchObject({ inputTokens: 1000, outputTokens: 10 });
    expect(result?.usage?.costUsd).toBeGreaterThan(0);
    expect(runner.host.files('acks')).toContain(id);
    expect(runner.host.files('results')).toEqual(['turn-a-1.json']);
    await runner.state('idle');
    expect(runner.frames.map((frame) => frame.type)).toEqual(expect.arrayContaining(['ready', 'ack', 'result']));
    expect(await runner.close()).toBe(0);
    expect(runner.host.status()?.state).toBe('closing');
  });

  test('a plain turn asks the model for at most 60 KB, once', async () => {
    await using model = await openScriptedModel(echo);
    await using runner = await openRunner({ model: model.url });
    runner.say('hello');
    await runner.results(1);
    expect(model.calls).toHaveLength(1);
    expect(model.calls[0]?.bytes).toBeLessThan(60_000);
  });

  test('Bash runs, its output comes back to the model, and the frame names the tool', async () => {
    await using model = await openScriptedModel((call) =>
      call.results[0] ? { text: `shell: ${call.results[0].text}` } : { tool: 'Bash', input: { command: 'echo hi' } },
    );
    await using runner = await openRunner({ model: model.url });
    runner.say('go');
    expect(await runner.results(1)).toMatchObject([{ status: 'ok', result: 'shell: hi' }]);
    expect(runner.frames).toContainEqual(expect.objectContaining({ type: 'activity', tool: 'Bash' }));
  });

  test('a result that the host has taken away is not numbered again', async () => {
    await using model = await openScriptedModel(echo);
    await using runner = await openRunner({ model: model.url });
    runner.say('one');
    await runner.results(1);
    rmSync(join(runner.host.ipc, 'results', 't1-1.json'));
    runner.say('two');
    expect(await runner.results(1)).toMatchObject([{ ordinal: 2, result: 'You said: two' }]);
  });

  test('a follow-up during a tool shares its result', async () => {
    await using model = await openScriptedModel(patient);
    await using runner = await openRunner({ model: model.url });
    const first = runner.say('slow');
    await until('the tool', () => runner.frames.find((frame) => frame.type === 'activity' && frame.tool));
    const second = runner.say('and this');
    await until('the SDK to have it', () => (transcripts(runner).includes('and this') ? true : undefined));
    runner.host.write('../group/go', '');
    const [result] = await runner.results(1);
    expect(result).toMatchObject({ answers: [first, second], result: 'tool: slept; meanwhile: and this' });
    await runner.state('idle');
    expect(runner.host.results()).toHaveLength(1);
  });

  test('a follow-up during the last text gets a result of its own', async () => {
    await using model = await openScriptedModel((call) => ({ text: `You said: ${call.prompt}`, delayMs: 1_000 }));
    await using runner = await openRunner({ model: model.url });
    const first = runner.say('one');
    await until('the request', () => model.calls[0]);
    const second = runner.say('two');
    const results = await runner.results(2);
    expect(results.map(({ ordinal, answers }) => ({ ordinal, answers }))).toEqual([
      { ordinal: 1, answers: [first] },
      { ordinal: 2, answers: [second] },
    ]);
  });

  test('inputs that lie there before the start are all answered, once', async () => {
    await using model = await openScriptedModel(echo);
    const ids: string[] = [];
    await using runner = await openRunner({
      model: model.url,
      prepare: (host) => ids.push(host.say('one'), host.say('two'), host.say('three')),
    });
    await until('every answer', () => (runner.host.results().flatMap((r) => r.answers).length >= 3 ? true : undefined));
    await runner.state('idle');
    const answers = runner.host.results().flatMap((result) => result.answers);
    expect(answers).toEqual(ids);
  });

  test('a prompt in the start line is an input called start', async () => {
    await using model = await openScriptedModel(echo);
    await using runner = await openRunner({ model: model.url, start: { prompt: 'by hand' } });
    expect(await runner.results(1)).toMatchObject([
      { turnId: 'start', answers: ['start'], result: 'You said: by hand' },
    ]);
  });

  test('an input is found without a bell, and never handed over twice', async () => {
    await using model = await openScriptedModel(echo);
    await using runner = await openRunner({ model: model.url });
    await runner.state('ready');
    runner.host.say('quiet', { id: 'same' });
    await runner.results(1);
    // The host may write it again after a restart.
    runner.host.say('quiet', { id: 'same' });
    runner.say('next', { id: 'other' });
    const results = await runner.results(2);
    await runner.state('idle');
    expect(results.map((result) => result.answers)).toEqual([['same'], ['other']]);
    expect(model.calls).toHaveLength(2);
  });

  test('what is no input is logged and left alone', async () => {
    await using model = await openScriptedModel(echo);
    await using runner = await openRunner({
      model: model.url,
      prepare: (host) => {
        host.write('input/000000000000-x.json', '{"type":"mess');
        host.put({ v: 1, type: 'message', id: '../../x', turnId: 't', chatJid: 'c', text: 'x' }, 'y');
      },
    });
    runner.say('hello');
    await runner.results(1);
    expect(runner.log.join('')).toContain('Skipping input 000000000000-x.json');
    expect(runner.host.files('input')).toHaveLength(2);
  });

  test('a text that begins with a slash is no command of the SDK', async () => {
    await using model = await openScriptedModel(echo);
    await using runner = await openRunner({ model: model.url });
    runner.say('/cost of living');
    expect(await runner.results(1)).toMatchObject([{ result: 'You said: /cost of living' }]);
  });

  test('an input may ask for another model; the next one is back on its own', async () => {
    await using model = await openScriptedModel(echo);
    await using runner = await openRunner({ model: model.url });
    runner.say('one');
    await runner.results(1);
    runner.say('two', { model: 'claude-haiku-4-5' });
    await runner.results(2);
    runner.say('three');
    await runner.results(3);
    // Three turns, three requests: the change itself costs none.
    expect(model.calls.map((call) => call.model)).toEqual(['claude-sonnet-5', 'claude-haiku-4-5', 'claude-sonnet-5']);
  });

  test('background work is counted, and its late words belong to the turn that began it', async () => {
    await using model = await openScriptedModel((call) => {
      if (call.prompt !== 'later' || call.results.length > 0) return { text: `re ${call.prompt.slice(0, 20)}` };
      return { tool: 'Bash', input: { command: waits, run_in_background: true } };
    });
    await using runner = await openRunner({ model: model.url });
    runner.say('later', { turnId: 'turn-a' });
    await runner.results(1);
    expect((await runner.state('idle')).background).toBe(1);
    runner.say('else', { turnId: 'turn-b' });
    await runner.results(2);
    runner.host.write('../group/go', '');
    const late = (await runner.results(3)).find((result) => result.answers.length === 0);
    expect(late).toMatchObject({ turnId: 'turn-a', ordinal: 2, origin: { runId: 'run-1', turnId: 'turn-a' } });
    expect((await runner.state('idle')).background).toBe(0);
  });
});
