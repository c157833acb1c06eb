// The first command where Docker runs: chosen by itself, its container told from the machine, everything gone afterwards.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { callTool, say } from '../../src/gateway/rehearsal/reply.ts';
import { containersOf, EngineEvents, freshImage } from '../fixtures/engine.ts';
import { Machine } from '../fixtures/machine.ts';
import { ScriptedModel } from '../fixtures/scripted-model.ts';

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

test('a host killed with -9 in the middle of a turn: the next one removes its container and answers the message', async () => {
  await using model = await ScriptedModel.open();
  await using machine = new Machine({ settings: model.settings });
  model.rehearsal.script = () => callTool('Bash', { command: 'touch began; sleep 3600' });
  const host = await machine.host();
  const { pid } = await machine.status();
  const asked = machine.start(['chat', '--once', 'hello']);
  await asked.until('the tool runs', () => existsSync(join(machine.home, 'groups', 'main', 'began')));
  process.kill(pid, 'SIGKILL');
  await Promise.all([host.ended, asked.ended]);
  const [orphan = '', ...others] = await containersOf(installIn(machine));
  expect(orphan).toMatch(/^[0-9a-f]{64}$/);
  expect(others).toEqual([]);

  model.rehearsal.script = ({ texts }) => say(`told of the first try: ${texts.join().includes('<earlier_attempt')}`);
  const ran = await machine.run(['start'], 'and again\n');
  expect(ran).toMatchObject({ code: 0, stdout: expect.stringContaining('told of the first try: true') });
  expect(await containersOf(installIn(machine))).toEqual([]);
});
