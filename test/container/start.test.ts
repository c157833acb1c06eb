// The first command where Docker runs: chosen by itself, its container told from the machine, everything gone afterwards.
import { beforeAll, expect, test } from 'vitest';
import { containersOf, EngineEvents, freshImage } from '../fixtures/engine.ts';
import { Machine } from '../fixtures/machine.ts';

beforeAll(freshImage);

const installIn = (machine: Machine) => machine.withStore((store) => store.facts.get('install')) ?? '';

test('two lines give two answers, the second the container’s own name; the engine is chosen and recorded, one container is started', async () => {
  await using machine = new Machine();
  const command = machine.start(['start']);
  await command.said('stderr', /^Andy · group Main · model default · sandbox docker$/m);
  const install = installIn(machine);
  using events = new EngineEvents(install);
  command.write('hello\n');
  await command.said('stdout', /^Hello!/);
  const [id = '', ...others] = await containersOf(install);
  expect(others).toEqual([]);
  command.end('run: uname -n\n');
  const ran = await command.ended;
  expect(ran).toMatchObject({
    code: 0,
    stdout: expect.stringContaining(`\n${id.slice(0, 12)}\n\n— rehearsal model\n`),
  });
  expect(ran.stderr).not.toContain('weaker');
  expect(machine.withStore((store) => store.facts.get('runtime'))).toBe('docker');
  expect(await containersOf(install)).toEqual([]);
  expect(await events.untilEnds(1)).toEqual([`start ${id}`, `die ${id}`]);
});
