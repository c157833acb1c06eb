import { expect, test } from 'vitest';
import { runProgram } from './program.ts';

const sh = (script: string, options = {}) => runProgram('sh', ['-c', script], options);

test('says how a program ended, and its words without the last line’s end', async () => {
  expect(await sh('echo one; echo two; echo bad >&2; exit 3')).toEqual({
    code: 3,
    stdout: 'one\ntwo',
    stderr: 'bad',
    timedOut: false,
  });
});

test('gives the environment that it is told, and nothing else', async () => {
  const { stdout } = await runProgram('/usr/bin/env', [], { env: { ONLY: 'this' } });
  expect(stdout).toBe('ONLY=this');
});

test('a character cut between two pieces of the output stays whole', async () => {
  const { stdout } = await sh("printf '\\303'; sleep 0.05; printf '\\244'");
  expect(stdout).toBe('ä');
});

test('a program that is not there', async () => {
  const end = await runProgram('/nowhere/at-all', []);
  expect(end).toMatchObject({ code: undefined, timedOut: false, error: { code: 'ENOENT' } });
});

test('one that takes too long is killed, though its children hold its output open', async () => {
  // Long enough for a shell to say its first word on a busy machine.
  const end = await sh('echo begun; sleep 300 & sleep 300', { deadlineMs: 5_000 });
  expect(end).toMatchObject({ code: undefined, stdout: 'begun', timedOut: true });
});

test('one that is called off is killed, and its time was not over', async () => {
  const called = new AbortController();
  const running = sh('sleep 300', { signal: called.signal, deadlineMs: 60_000 });
  called.abort();
  expect(await running).toMatchObject({ code: undefined, timedOut: false });
});

test('one that a signal ends has no code', async () => {
  expect(await sh('kill -9 $$')).toMatchObject({ code: undefined, timedOut: false });
});
