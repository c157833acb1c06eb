// The folder of a group is its agent's, and the host makes what is missing in it before every container.
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { Siege } from './siege.ts';

test('instructions that are a link lead the host nowhere; those that are missing are made anew', async () => {
  await using siege = await Siege.open({ neighbour: false });
  const before = siege.picture();
  const planted = join(siege.outside, 'planted');
  await siege.run(`ln -sf ${planted} /workspace/group/CLAUDE.md`);
  await endContainer(siege);
  expect(await siege.run('readlink /workspace/group/CLAUDE.md')).toContain(planted);
  expect(existsSync(planted)).toBe(false);
  expect(siege.picture()).toEqual(before);

  rmSync(join(siege.folder, 'CLAUDE.md'));
  await endContainer(siege);
  expect(await siege.run('cat /workspace/group/CLAUDE.md')).toContain('# evil');
  expect(readFileSync(join(siege.folder, 'CLAUDE.md'), 'utf8')).toMatch(/^# evil\n/);
});

async function endContainer(siege: Siege): Promise<void> {
  const run = siege.house.sandbox.runs.findLast(({ spec }) => spec.group === 'evil');
  await run?.run.kill();
}
