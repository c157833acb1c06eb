import { describe, expect, test } from 'vitest';
import { deadlineMs, type OpenRunner, openRunner, until } from '../test/open-runner.ts';
import { openScriptedModel, type Reply } from '../test/scripted-model.ts';

const failures: readonly { name: string; reply: Reply; error: object }[] = [
  {
    name: 'a refused credential',
    reply: { status: 401, type: 'authentication_error', message: 'invalid x-api-key' },
    error: { code: 'credential', status: 401 },
  },
  {
    name: 'a forbidden credential',
    reply: { status: 403, type: 'permission_error', message: 'no' },
    error: { code: 'credential', status: 403 },
  },
  {
    name: 'an empty account',
    reply: { status: 400, type: 'invalid_request_error', message: 'Your credit balance is too low to access the API' },
    error: { code: 'credential' },
  },
  {
    name: 'a rate limit',
    reply: { status: 429, type: 'rate_limit_error', message: 'slow down' },
    error: { code: 'overloaded', status: 429 },
  },
  {
    name: 'an overloaded upstream',
    reply: { status: 529, type: 'overloaded_error', message: 'Overloaded' },
    error: { code: 'overloaded', status: 529 },
  },
  {
    name: 'a prompt that is too long',
    reply: {
      status: 400,
      type: 'invalid_request_error',
      message: 'prompt is too long: 250000 tokens > 200000 maximum',
    },
    error: { code: 'prompt-too-long' },
  },
  {
    name: 'an unknown model',
    reply: { status: 404, type: 'not_found_error', message: 'model: x' },
    error: { code: 'model', status: 404 },
  },
  { name: 'a stream that is always cut', reply: { cut: 'half an answ' }, error: { code: 'network' } },
];

describe('a failing model', { timeout: 3 * deadlineMs }, () => {
  test.each(failures)('$name becomes an error of the turn, and the next message works', async ({ reply, error }) => {
    await using model = await openScriptedModel((call) => (call.prompt === 'bad' ? reply : { text: 'fine' }));
    await using runner = await openRunner({ model: model.url });
    const id = runner.say('bad', { turnId: 't1' });
    const [result] = await runner.results(1);
    expect(result).toMatchObject({ turnId: 't1', answers: [id], status: 'error', result: null, error });
    expect(result?.error?.message).not.toBe('');
    runner.say('good', { turnId: 't2' });
    expect((await runner.results(2))[1]).toMatchObject({ status: 'ok', result: 'fine' });
    // The SDK's process counts an error among its results as a failure of its own; ours is none.
    expect(await runner.close()).toBe(0);
  });

  test('nobody answering at all is the network', async () => {
    await using runner = await openRunner({ model: 'http://127.0.0.1:9' });
    runner.say('hello');
    expect(await runner.results(1)).toMatchObject([{ status: 'error', error: { code: 'network' } }]);
  });
});

/** The model writes on only when this much has been told: however slow the machine, nothing is swallowed by the next piece. */
function shownBy(runner: OpenRunner, written: string): Promise<unknown> {
  return until('it to be told', () => runner.frames.find((one) => one.type === 'partial' && one.text === written));
}

describe('a streamed answer', { timeout: 3 * deadlineMs }, () => {
  const settings = { timeZone: 'UTC', instructions: '', modelRetries: 1, streaming: true };

  test('grows in partial frames and ends in the result', async () => {
    const text = 'one two three four five six seven eight nine ten eleven twelve';
    await using model = await openScriptedModel(() => ({ text, seen: (written) => shownBy(runner, written) }));
    await using runner = await openRunner({ model: model.url, start: { settings } });
    runner.say('count', { turnId: 't1' });
    expect(await runner.results(1)).toMatchObject([{ result: text }]);
    const partials = runner.frames.flatMap((frame) => (frame.type === 'partial' ? [frame] : []));
    expect(partials.length).toBeGreaterThan(1);
    expect(partials.every((frame) => frame.turnId === 't1' && text.startsWith(frame.text))).toBe(true);
  });

  test('is taken back when its stream was cut, then comes whole', async () => {
    await using model = await openScriptedModel(() => {
      const cut: Reply = { cut: 'half an answ', seen: (written) => shownBy(runner, written) };
      return model.calls.length === 1 ? cut : { text: 'the whole answer' };
    });
    await using runner = await openRunner({ model: model.url, start: { settings } });
    runner.say('hello');
    expect(await runner.results(1)).toMatchObject([{ status: 'ok', result: 'the whole answer' }]);
    const texts = runner.frames.flatMap((frame) => (frame.type === 'partial' ? [frame.text] : []));
    expect(texts.slice(0, 2)).toEqual(['half an answ', '']);
  });

  test('keeps what was said before a tool, while it grows and in the end', async () => {
    const whole = ['The report.', 'The second part.', 'Saved.'];
    await using model = await openScriptedModel(({ results }) => {
      const say = whole[results.length > 0 ? 1 : 0];
      if (model.calls.length < 3)
        return { tool: 'Bash', input: { command: 'sleep 0.3', description: 'x' }, say: say ?? '' };
      return { text: 'Saved.', seen: () => Promise.resolve() };
    });
    await using runner = await openRunner({ model: model.url, start: { settings } });
    runner.say('report', { turnId: 't1' });
    expect(await runner.results(1)).toMatchObject([{ status: 'ok', result: whole.join('\n\n') }]);
    const texts = runner.frames.flatMap((frame) => (frame.type === 'partial' ? [frame.text] : []));
    expect(texts).toContain('The report.\n\nThe second part.');
    // What was seen is never taken back.
    for (const [at, text] of texts.entries()) expect(text.startsWith(texts[at - 1] ?? '')).toBe(true);
  });

  test('of a subagent is not the answer', async () => {
    await using model = await openScriptedModel((call) => {
      if (!call.tools.includes('Agent')) return { text: 'secret thoughts', gapMs: 200 };
      if (call.results.length > 0) return { text: 'the answer' };
      const input = { description: 'd', prompt: 'think', subagent_type: 'general-purpose', run_in_background: false };
      return { tool: 'Agent', input };
    });
    await using runner = await openRunner({ model: model.url, start: { settings } });
    runner.say('hello');
    await runner.results(1);
    await until('idle', () => (runner.host.status()?.state === 'idle' ? true : undefined));
    const texts = runner.frames.flatMap((frame) => (frame.type === 'partial' ? [frame.text] : []));
    expect(texts.join()).not.toContain('secret');
  });
});
