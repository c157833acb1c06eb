import { realpathSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { expect, test } from 'vitest';
import { docker } from './dialects.ts';
import { EngineClient } from './engine-client.ts';

const environment = { PATH: process.env['PATH'] ?? '' };

test('an engine’s command runs in the temporary folder: what its monitor leaves lies in nobody’s folder', async () => {
  const client = new EngineClient({ ...docker, program: 'pwd' }, environment);
  const { stdout } = await client.run(['-P'], { deadlineMs: 60_000 });
  expect(stdout).toBe(realpathSync(tmpdir()));
});

test('an engine that cannot be reached is quoted in one sentence, with what to do', async () => {
  const client = new EngineClient({ ...docker, program: 'sh' }, environment);
  const words = 'Cannot connect to the Docker daemon at unix:///nowhere. Is the docker daemon running?';
  await expect(client.run(['-c', `echo '${words}' >&2; exit 1`], { deadlineMs: 60_000 })).rejects.toMatchObject({
    code: 'sandbox.unavailable',
    message: `sh is not running: ${words.slice(0, -1)}.`,
    cure: expect.stringContaining('Start it'),
  });
});
