// The first command with podman: the same walk, the same walls, nothing left behind.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { callTool, say } from '../../src/gateway/rehearsal/reply.ts';
import { freshPodmanImage, podman, podmanMissing } from '../fixtures/engine.ts';
import { Machine } from '../fixtures/machine.ts';
import { ScriptedModel } from '../fixtures/scripted-model.ts';

const missing = await podmanMissing();
const settings = { CONTAINER_RUNTIME: 'podman' };

if (missing === undefined) describe('podman', starts);
else {
  test('NOT RUN: podman does not work here, a start with it stays untried', () => {
    process.stderr.write(`NOT RUN: a start with podman (${missing})\n`);
  });
}

async function containersOf(machine: Machine): Promise<string[]> {
  const install = machine.withStore((store) => store.facts.get('install'));
  const ids = await podman('ps', '--all', '--no-trunc', '--quiet', '--filter', `label=nanoclaw.install=${install}`);
  return ids.split('\n').filter(Boolean);
}

function starts(): void {
  beforeAll(freshPodmanImage);

  test('two lines give two answers, the second the container’s own name; one container is started and none is left', async () => {
    await using machine = new Machine({ settings });
    const command = machine.start(['start']);
    await command.said('stderr', /^Andy · group Main · model default · sandbox podman$/m);
    command.write('hello\n');
    await command.said('stdout', /^Hello!/);
    const [id = '', ...others] = await containersOf(machine);
    expect(others).toEqual([]);
    const { HostConfig, Config } = JSON.parse(await podman('inspect', '--type', 'container', id))[0];
    expect(HostConfig).toMatchObject({ ReadonlyRootfs: true, NetworkMode: 'none', Privileged: false, PidsLimit: 512 });
    expect(HostConfig).toMatchObject({ Memory: 2 * 1024 ** 3, MemorySwap: 2 * 1024 ** 3, NanoCpus: 2_000_000_000 });
    expect(HostConfig.SecurityOpt).toContain('no-new-privileges');
    expect(Config.User).toBe(`${process.getuid?.() || 1000}:${process.getgid?.() || 1000}`);
    command.end('run: uname -n\n');
    const ran = await command.ended;
    const answer = `\n${id.slice(0, 12)}\n\n— rehearsal model\n`;
    expect(ran).toMatchObject({ code: 0, stdout: expect.stringContaining(answer) });
    expect(await containersOf(machine)).toEqual([]);
  });

  test('a host killed with -9 in the middle of a turn: the next one ends its container and answers the message', async () => {
    await using model = await ScriptedModel.open();
    await using machine = new Machine({ settings: { ...model.settings, ...settings } });
    model.rehearsal.script = () => callTool('Bash', { command: 'touch began; sleep 3600' });
    const host = await machine.host();
    const { pid } = await machine.status();
    const asked = machine.start(['chat', '--once', 'hello']);
    await asked.until('the tool runs', () => existsSync(join(machine.home, 'groups', 'main', 'began')));
    process.kill(pid, 'SIGKILL');
    await Promise.all([host.ended, asked.ended]);
    expect(await containersOf(machine)).toHaveLength(1);

    model.rehearsal.script = ({ texts }) => say(`told of the first try: ${texts.join().includes('<earlier_attempt')}`);
    const ran = await machine.run(['start'], 'and again\n');
    expect(ran).toMatchObject({ code: 0, stdout: expect.stringContaining('told of the first try: true') });
    expect(await containersOf(machine)).toEqual([]);
  });
}
