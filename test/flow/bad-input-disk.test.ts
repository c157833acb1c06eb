// A home on a disk of its own, filled to the brim while the host runs.
import { closeSync, openSync, rmSync, statfsSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { Machine } from '../fixtures/machine.ts';
import { ready } from '../fixtures/runner.ts';

const mib = 1024 ** 2;
await ready();

test('a disk that fills up: a message waits or is refused with a sentence, the host lives, and all is answered once there is room', async () => {
  await using machine = new Machine({
    settings: { CONTAINER_RUNTIME: 'local', DISK_MIN_FREE: '16m' },
    diskBytes: 64 * mib,
  });
  const host = machine.start(['start', '--no-chat']);
  await host.said('stderr', /the built-in rehearsal model answers/);
  const pid = machine.processes().find(({ command }) => /^\S*node .*nanoclaw\.mjs start/.test(command))?.pid;
  // The disk is seen in the host's own mount namespace only.
  const home = join('/proc', String(pid), 'root', machine.home);
  const say = (text: string) => machine.start(['chat', '--once', text], { home });
  expect(await say('hello').ended).toMatchObject({ code: 0, stdout: expect.stringMatching(/^Hello!/) });

  const fill = join(home, 'fill');
  fillUp(fill, 8 * mib);
  const waiting = say('one');
  await waiting.said(
    'stdout',
    /^⏸ The disk of my home directory is nearly full \(\d MiB free\)\. Your message is kept/,
  );
  expect(await machine.run(['status', '--json'], '', { home })).toMatchObject({ code: 0 });
  rmSync(fill);
  expect(await waiting.ended).toMatchObject({ code: 0, stdout: expect.stringMatching(/^You said: one$/m) });

  fillUp(fill, 0);
  const refused = await say('z'.repeat(90_000)).ended;
  expect(refused).toMatchObject({ code: 1, stdout: '' });
  expect(refused.stderr).toContain(
    'The disk is full: your message was not stored. Make room on the disk of the home directory and say it again.',
  );
  const status = await machine.run(['status', '--json'], '', { home });
  expect(JSON.parse(status.stdout)).toMatchObject({ pid, waiting: { inbox: 0, dead: 0 } });
  rmSync(fill);
  expect(await say('two').ended).toMatchObject({ code: 0, stdout: expect.stringMatching(/^You said: two$/m) });
});

/** Leaves `free` bytes, or nothing at all. */
function fillUp(path: string, free: number): void {
  const file = openSync(path, 'w');
  const block = Buffer.alloc(64 * 1024);
  try {
    for (;;) {
      const { bavail, bsize } = statfsSync(path);
      if (free > 0 && bavail * bsize <= free) return;
      if (writeSync(file, block) === 0) return;
    }
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ENOSPC')) throw error;
  } finally {
    closeSync(file);
  }
}
