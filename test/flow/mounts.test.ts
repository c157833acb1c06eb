// Doors of the owner's own: folders a group sees beside its own, and addresses it may reach.
import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, readFileSync, realpathSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { Machine } from '../fixtures/machine.ts';
import { ready } from '../fixtures/runner.ts';
import { tempDirectory } from '../temp-directory.ts';

await ready();

test('a mounted folder is seen inside at once, read-only or writable as it was asked for, and gone when it is taken away', async () => {
  await using machine = new Machine({ settings: { CONTAINER_RUNTIME: 'local' } });
  using outside = tempDirectory();
  const notes = join(realpathSync(outside.path), 'my notes');
  mkdirSync(notes);
  chmodSync(notes, 0o777);
  writeFileSync(join(notes, 'hello.txt'), 'from outside\n');
  await machine.host();
  const asks = async (command: string) => (await machine.run(['chat', '--once', `run: ${command}`])).stdout;
  expect(await asks('ls /workspace/extra 2>&1')).toContain('No such file');

  const mount = ['groups', 'set', 'main', '--mount', `${notes}:notes`];
  const refused = await machine.run(mount);
  expect(refused).toMatchObject({ code: 1, stdout: '' });
  expect(refused.stderr).toContain('mount-allowlist.json');
  const command = /Write it: (.*)$/m.exec(refused.stderr)?.[1] ?? '';
  expect(spawnSync('sh', ['-c', command]).status).toBe(0);

  expect(await machine.run(mount)).toMatchObject({ code: 0, stdout: expect.stringContaining('Changed main.') });
  expect(await asks('cat /workspace/extra/notes/hello.txt')).toContain('from outside');
  expect(await asks('echo no > /workspace/extra/notes/hello.txt 2>&1 || echo refused')).toContain('refused');
  expect(readFileSync(join(notes, 'hello.txt'), 'utf8')).toBe('from outside\n');

  const writable = await machine.run(['groups', 'set', 'main', '--mount', `${notes}:notes:rw`]);
  expect(writable).toMatchObject({ code: 1, stderr: expect.stringContaining('"allowReadWrite" to true') });
  const allowlist = join(machine.userHome, '.config', 'nanoclaw', 'mount-allowlist.json');
  writeFileSync(allowlist, readFileSync(allowlist, 'utf8').replace('"allowReadWrite":false', '"allowReadWrite":true'));
  expect(await machine.run(['groups', 'set', 'main', '--mount', `${notes}:notes:rw`])).toMatchObject({ code: 0 });
  await asks('chmod 777 /workspace/extra/notes; echo yes > /workspace/extra/notes/new.txt');
  expect(readFileSync(join(notes, 'new.txt'), 'utf8')).toBe('yes\n');

  const shown = JSON.parse((await machine.run(['groups', 'show', 'main', '--json'])).stdout);
  expect(shown.mounts).toEqual([{ host: notes, name: 'notes', readOnly: false, problem: null }]);
  expect((await machine.run(['groups', 'show', 'main'])).stdout).toContain(
    `${notes} as /workspace/extra/notes, writable`,
  );

  expect(await machine.run(['groups', 'set', '--no-mount', 'notes', 'main'])).toMatchObject({ code: 0 });
  expect(await asks('ls /workspace/extra 2>&1')).toContain('No such file');
});
