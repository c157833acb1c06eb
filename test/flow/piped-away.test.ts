// A program that asks while the model is away: it is not kept for ever.
import { expect, test } from 'vitest';
import { Machine } from '../fixtures/machine.ts';
import { ready } from '../fixtures/runner.ts';

await ready();

test('a piped start ends with a sentence and exit code 1 while nobody answers at the model’s address', async () => {
  const away = { ANTHROPIC_API_KEY: 'sk-ant-of-nobody', ANTHROPIC_BASE_URL: 'http://127.0.0.1:1' };
  await using machine = new Machine({ settings: { CONTAINER_RUNTIME: 'local', ...away } });
  const ran = await machine.run(['start'], 'hello\n');
  expect(ran).toMatchObject({ code: 1, stdout: expect.stringContaining('cannot reach the model') });
  expect(ran.stderr).toContain('is not answered yet: it waits');
  machine.withStore((store) => expect(store.inbox.counts()).toMatchObject({ waiting: 1 }));
});
