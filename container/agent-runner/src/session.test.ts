import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { deadlineMs, openRunner } from '../test/open-runner.ts';
import { openScriptedModel } from '../test/scripted-model.ts';
import { checkTranscripts, chooseSession, transcriptDirectory } from './session.ts';

describe('choosing a session', () => {
  const directory = () => mkdtempSync(join(tmpdir(), 'transcripts-'));

  test('no transcript: begun under the host’s id', async () => {
    const id = randomUUID();
    expect(await chooseSession(directory(), id)).toEqual({ id, resume: false });
  });

  test('a transcript with a conversation is resumed, torn last line and all', async () => {
    const [id, place] = [randomUUID(), directory()];
    writeFileSync(join(place, `${id}.jsonl`), '{"type":"queue-operation"}\n{"type":"user"}\n{"type":"assis');
    expect(await chooseSession(place, id)).toEqual({ id, resume: true });
  });

  test.each(['', '{"type":"queue-operation"}\n', '{"type":"us'])('a transcript of %j gets a new id', async (text) => {
    const [id, place] = [randomUUID(), directory()];
    writeFileSync(join(place, `${id}.jsonl`), text);
    const session = await chooseSession(place, id);
    expect(session.resume).toBe(false);
    expect(session.id).not.toBe(id);
  });

  test.each([undefined, 'not-a-uuid', '../../etc'])('the id %j is replaced', async (id) => {
    expect((await chooseSession(directory(), id)).id).toMatch(/^[0-9a-f-]{36}$/);
  });

  test('the transcript directory is named as the SDK names it', () => {
    expect(transcriptDirectory('/c', '/no/such_place.x')).toBe('/c/projects/-no-such-place-x');
  });

  test('a directory that cannot be written is refused in words', () => {
    const file = join(directory(), 'file');
    writeFileSync(file, '');
    expect(() => checkTranscripts(join(file, 'x'))).toThrow(/cannot be saved/);
  });
});

describe('a session', { timeout: 3 * deadlineMs }, () => {
  test('goes on in the next run, which counts only its own cost', async () => {
    const sessionId = randomUUID();
    await using model = await openScriptedModel((call) => ({ text: call.history.includes('blue') ? 'blue' : 'ok' }));
    await using first = await openRunner({ model: model.url, start: { sessionId } });
    first.say('the word is blue');
    const [before] = await first.results(1);
    expect(await first.close()).toBe(0);
    rmSync(join(first.host.ipc, 'input', '_close'));

    await using second = await openRunner({ model: model.url, root: first.host.root, start: { sessionId } });
    second.say('which word?', { id: 'again' });
    // The same turn goes on: its results are numbered on.
    const results = await second.results(2);
    expect(results[1]).toMatchObject({ ordinal: 2, result: 'blue', answers: ['again'] });
    expect(results[1]?.newSessionId).toBeUndefined();
    const cost = results[1]?.usage?.costUsd ?? 0;
    expect(cost).toBeGreaterThan(0);
    expect(cost).toBeLessThan(1.5 * (before?.usage?.costUsd ?? 0));
  });

  test('that is torn is begun anew, and the host is told its new id', async () => {
    const sessionId = randomUUID();
    await using model = await openScriptedModel(() => ({ text: 'hello' }));
    await using runner = await openRunner({
      model: model.url,
      start: { sessionId },
      prepare: ({ root }) => {
        const place = transcriptDirectory(join(root, 'claude'), join(root, 'group'));
        checkTranscripts(place);
        writeFileSync(join(place, `${sessionId}.jsonl`), '');
      },
    });
    runner.say('hello');
    const [result] = await runner.results(1);
    expect(result?.newSessionId).toMatch(/^[0-9a-f-]{36}$/);
    expect(await runner.frame('ready')).toMatchObject({ newSessionId: result?.newSessionId });
  });

  test('whose file tells of a conversation the SDK does not find is begun anew', async () => {
    const sessionId = randomUUID();
    await using model = await openScriptedModel(() => ({ text: 'hello' }));
    await using runner = await openRunner({
      model: model.url,
      start: { sessionId },
      prepare: ({ root }) => {
        const place = transcriptDirectory(join(root, 'claude'), join(root, 'group'));
        checkTranscripts(place);
        writeFileSync(join(place, `${sessionId}.jsonl`), '{"type":"user"}\n');
      },
    });
    runner.say('hello');
    expect(await runner.results(1)).toMatchObject([{ status: 'ok', result: 'hello' }]);
  });

  test('that cannot be saved is refused before anything is taken', async () => {
    await using model = await openScriptedModel(() => ({ text: 'hello' }));
    await using runner = await openRunner({
      model: model.url,
      prepare: ({ root }) => {
        rmSync(join(root, 'claude', 'projects'), { recursive: true });
        writeFileSync(join(root, 'claude', 'projects'), '');
      },
    });
    expect(await runner.exited).toBe(1);
    expect(runner.frames).toMatchObject([{ type: 'error', code: 'session' }]);
    expect(model.calls).toEqual([]);
  });
});
