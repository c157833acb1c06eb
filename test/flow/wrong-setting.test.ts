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

test.each([
  ['of a channel', 'TELEGRAM_BOT_TOKEN', 'not-a-token'],
  ['of a channel that is an address', 'TELEGRAM_API_ROOT', 'nowhere'],
  ['of the host', 'IDLE_TIMEOUT', 'soon'],
  ['that is a proxy', 'HTTPS_PROXY', 'socks5://127.0.0.1:1'],
])(
  'a setting %s that is wrong is named with its line and file, or with the environment',
  async (_kind, name, value) => {
    await using machine = new Machine({ settings: { CONTAINER_RUNTIME: 'local' } });
    const file = join(machine.home, '.env');
    const token = name === 'TELEGRAM_API_ROOT' ? 'TELEGRAM_BOT_TOKEN=1:a' : '';
    writeFileSync(file, `# mine\n${token}\n${name}=${value}\n`, { mode: 0o600 });
    const ran = await machine.run(['start', '--no-chat']);
    expect(ran).toMatchObject({
      code: 1,
      stdout: '',
      stderr: expect.stringContaining(`${name} in line 3 of ${file} is not`),
    });
    writeFileSync(file, token);
    const command = machine.start(['start', '--no-chat'], { settings: { [name]: value } });
    expect((await command.ended).stderr).toContain(`${name} in the environment is not`);
  },
);
