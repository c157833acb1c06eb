// What a person reads when a setting of a channel is wrong, with the real command.
import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { Machine } from '../fixtures/machine.ts';

test('a malformed bot token is told with its cure, also where the engine takes its time', async () => {
  await using machine = new Machine({ settings: { CONTAINER_RUNTIME: 'docker', TELEGRAM_BOT_TOKEN: 'not-a-token' } });
  const docker = join(machine.bin, 'docker');
  writeFileSync(docker, '#!/bin/sh\nexec sleep 3600\n');
  chmodSync(docker, 0o755);
  const ran = await machine.run(['start', '--no-chat']);
  expect(ran).toMatchObject({ code: 1, stdout: '' });
  expect(ran.stderr).toContain('TELEGRAM_BOT_TOKEN');
  expect(ran.stderr).not.toContain('did not expect');
  expect(ran.stderr).not.toContain('    at ');
});
