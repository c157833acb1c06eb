import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { deadlineMs, openRunner, until } from '../test/open-runner.ts';
import { type Call, openScriptedModel, type Script } from '../test/scripted-model.ts';

const isolated = { id: 't1', contextMode: 'isolated' as const };
const grouped = { id: 't2', contextMode: 'group' as const };
const waits = 'while [ ! -e go ]; do node -e ""; done; echo went';
const later = (command: string, background = false) => ({
  tool: 'Bash',
  input: { command, ...(background && { run_in_background: true }) },
});

/** Tells whether it remembers `secret`; "wait" waits for the test in a tool. */
const script: Script = (call: Call) => {
  if (call.results[0]) return { text: `tool: ${call.results[0].text}` };
  if (call.prompt === 'wait') return later(waits);
  if (call.prompt === 'background') return later(waits, true);
  if (call.prompt === 'tell') return { tool: 'mcp__nanoclaw__send_message', input: { text: 'psst' } };
  return { text: call.history.includes('secret') ? 'I remember' : 'nothing before' };
};

describe('an isolated task', { timeout: 3 * deadlineMs }, () => {
  test('knows nothing of the conversation, leaves nothing in it and nothing on disk', async () => {
    await using model = await openScriptedModel(script);
    await using runner = await openRunner({ model: model.url });
    runner.say('secret one');
    await runner.results(1);
    const id = runner.say('what do you know? secret two', { task: isolated, turnId: 'turn-b', id: 'i-b' });
    const [, result] = await runner.results(2);
    expect(result).toMatchObject({ turnId: 'turn-b', ordinal: 1, answers: [id], status: 'ok' });
    expect(result?.newSessionId).toBeUndefined();
    expect(result?.usage).toMatchObject({ inputTokens: 1000, outputTokens: 10 });
    await runner.state('idle');
    const projects = join(runner.host.root, 'claude', 'projects');
    const transcripts = readdirSync(projects, { recursive: true }).filter((name) => String(name).endsWith('.jsonl'));
    expect(transcripts).toHaveLength(1);
    runner.say('and now', { turnId: 'turn-c' });
    await runner.results(3);
    const [, own, last] = model.calls;
    expect(own?.history).not.toContain('secret one');
    expect(last?.history).toContain('secret one');
    expect(last?.history).not.toContain('secret two');
  });

  test('runs beside the conversation; what it asks the host for names its own turn and chat', async () => {
    await using model = await openScriptedModel(script);
    await using runner = await openRunner({ model: model.url, reply: () => ({ ok: true, result: 'done' }) });
    const person = runner.say('wait', { turnId: 'turn-a' });
    await until('the tool', () => runner.frames.find((frame) => frame.type === 'activity' && frame.tool));
    const task = runner.say('tell', { task: isolated, turnId: 'turn-b', chatJid: 'tg:9' });
    expect(await runner.results(1)).toMatchObject([{ answers: [task], turnId: 'turn-b', result: 'tool: done' }]);
    expect(runner.host.requests()).toMatchObject([
      { type: 'message', turnId: 'turn-b', chatJid: 'tg:9', text: 'psst' },
    ]);
    expect(await runner.state('busy')).toMatchObject({ turnId: 'turn-a' });
    runner.host.write('../group/go', '');
    expect(
      await until('its answer', () => runner.host.results().find(({ answers }) => answers.includes(person))),
    ).toMatchObject({
      result: 'tool: went',
    });
  });

  test('of the group’s own session is part of the conversation', async () => {
    await using model = await openScriptedModel(script);
    await using runner = await openRunner({ model: model.url });
    runner.say('secret');
    await runner.results(1);
    runner.say('task', { task: grouped });
    expect((await runner.results(2))[1]).toMatchObject({ ordinal: 2, result: 'I remember' });
  });

  test('is stopped with its turn, working or waiting, and the conversation goes on', async () => {
    await using model = await openScriptedModel(script);
    await using runner = await openRunner({ model: model.url });
    runner.say('wait', { task: isolated, turnId: 'turn-b', id: 'a' });
    await until('the tool', () => runner.frames.find((frame) => frame.type === 'activity' && frame.tool));
    runner.say('tell', { task: isolated, turnId: 'turn-b', id: 'b' });
    await until('its ack', () => runner.host.files('acks').find((name) => name === 'b'));
    runner.host.interrupt('turn-b');
    runner.say('hello', { turnId: 'turn-a', id: 'c' });
    const results = await runner.results(3);
    const outcome = results.flatMap((one) => one.answers.map((id) => `${id} ${one.status}`));
    expect(outcome.sort()).toEqual(['a stopped', 'b stopped', 'c ok']);
    expect(model.calls).toHaveLength(2);
  });

  test('is waited for when the runner is asked to close', async () => {
    await using model = await openScriptedModel(script);
    await using runner = await openRunner({ model: model.url });
    const id = runner.say('wait', { task: isolated });
    await until('the tool', () => runner.frames.find((frame) => frame.type === 'activity' && frame.tool));
    const closed = runner.close();
    runner.host.write('../group/go', '');
    expect(await closed).toBe(0);
    expect(runner.host.results()).toMatchObject([{ answers: [id], status: 'ok', result: 'tool: went' }]);
  });

  test('lives on for its background work, whose words belong to its turn, and ends with it', async () => {
    await using model = await openScriptedModel(script);
    await using runner = await openRunner({ model: model.url });
    runner.say('background', { task: isolated, turnId: 'turn-b' });
    await runner.results(1);
    await until('the background', () => (runner.host.status()?.background === 1 ? true : undefined));
    // The next one does not wait for that.
    runner.say('task', { task: isolated, turnId: 'turn-c' });
    await until('the next', () => runner.host.results().find(({ turnId }) => turnId === 'turn-c'));
    runner.host.write('../group/go', '');
    const late = await until('its words', () => runner.host.results().find(({ answers }) => answers.length === 0));
    expect(late).toMatchObject({ turnId: 'turn-b', ordinal: 2, origin: { runId: 'run-1', turnId: 'turn-b' } });
    expect((await runner.state('idle')).background).toBe(0);
  });

  test('gives up its background work when that takes too long', async () => {
    await using model = await openScriptedModel(script);
    await using runner = await openRunner({ model: model.url, layout: { isolatedRestMs: 500 } });
    runner.say('background', { task: isolated, turnId: 'turn-b' });
    await runner.results(1);
    await until('the end of it', () => {
      const status = runner.host.status();
      return status?.state === 'idle' && status.background === 0 ? true : undefined;
    });
    expect(await runner.close()).toBe(0);
  });
});
