import { existsSync, mkdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { hasCode } from '../../src/model/errors.ts';
import { eventually } from '../eventually.ts';
import { adoption, noAdoption } from './sandbox-adoption.ts';
import { type Bench, processesWith } from './sandbox-bench.ts';
import { ends } from './sandbox-end.ts';

export interface ContractOptions {
  readonly name: string;
  /** A fresh installation on the driver. */
  readonly open: () => Promise<Bench>;
  /** Where its runs outlive their host: what sandbox-host.ts makes the same driver from. */
  readonly adopts: Readonly<Record<string, unknown>> | false;
}

/** What every driver promises (src/sandbox/sandbox.ts). */
export function sandboxContract({ name, open, adopts }: ContractOptions): void {
  describe(`${name}: its capabilities`, () => {
    test('are what this suite takes them for', async () => {
      await using bench = await open();
      expect(bench.sandbox.capabilities).toMatchObject({ runtime: name, adopts: adopts !== false });
    });
  });
  describe(`${name}: a run`, () => runs(open));
  describe(`${name}: after its host`, () => (adopts ? adoption(open, adopts) : noAdoption(open)));
  describe(`${name}: the walls`, () => walls(open));
  describe(`${name}: the end`, () => ends(open));
}

function runs(open: () => Promise<Bench>): void {
  test('reads the start line first and answers it, then every bell', async () => {
    await using bench = await open();
    const talk = await bench.start();
    expect(await talk.ask({ do: 'echo', text: 'start' })).toMatchObject({ text: 'start' });
    expect(await talk.ask({ do: 'echo', text: 'bell' })).toMatchObject({ text: 'bell' });
    expect(talk.answers.filter((answer) => 'empty' in answer)).toEqual([]);
  });

  test('hands over twenty megabytes of output, whole and without stopping', async () => {
    await using bench = await open();
    const talk = await bench.start();
    await talk.ask({ do: 'print', bytes: 20_000_000 });
    expect(talk.longestLine).toBe(20_000_000);
  });

  test('tells its own exit code, and its stdout ends', async () => {
    await using bench = await open();
    const talk = await bench.start();
    talk.say('{"do":"exit","code":7}\n');
    expect(await talk.run.exited).toEqual({ code: 7, signal: null });
    await eventually('stdout ends', () => talk.run.stdout.readableEnded);
  });

  test('never lets a write that finds no reader surface as an error', async () => {
    await using bench = await open();
    const talk = await bench.start();
    const surfaced: unknown[] = [];
    talk.run.stdin.on('error', (error) => surfaced.push(error));
    talk.say('{"do":"exit","code":0}\n');
    for (let i = 0; i < 50; i++) talk.say(`${'x'.repeat(100_000)}\n`);
    await talk.run.exited;
    talk.say('late\n');
    await new Promise((resolve) => talk.run.stdin.write('later\n', resolve));
    expect(surfaced).toEqual([]);
  });

  test('goes on when stdin is ended', async () => {
    await using bench = await open();
    const talk = await bench.start();
    await talk.ask({ do: 'spawn', how: 'plain', marker: `${bench.install}-ticks` });
    talk.run.stdin.end();
    await eventually('it still runs', () => processesWith(`${bench.install}-ticks`).length > 0);
    await talk.run.kill();
  });

  test('sees the environment it was given and nothing of the host', async () => {
    await using bench = await open();
    const { environment } = await (await bench.start()).ask({ do: 'environment' });
    expect(environment).toMatchObject({ HOME: '/home/node', TZ: 'Europe/Berlin', ANTHROPIC_API_KEY: 'placeholder' });
    // HOSTNAME is the engine's, PWD and the like the shell's.
    const allowed = [...Object.keys(bench.spec().environment), 'HOSTNAME', 'PWD', 'SHLVL', '_', 'container', 'TERM'];
    expect(Object.keys(environment ?? {}).filter((key) => !allowed.includes(key))).toEqual([]);
  });

  test('never has a value of its environment in an argument list', async () => {
    await using bench = await open();
    const value = `canary-${bench.install}`;
    let seen = 0;
    let looking = true;
    const watch = (async () => {
      while (looking) {
        seen += processesWith(value).length;
        await new Promise((resolve) => setImmediate(resolve));
      }
    })();
    const talk = await bench.start({ environment: { ...bench.spec().environment, TOKEN: value } });
    expect(await talk.ask({ do: 'environment' })).toMatchObject({ environment: { TOKEN: value } });
    looking = false;
    await watch;
    expect(seen).toBe(0);
  });

  test('is the only one of its group: a second start is refused and harms nothing', async () => {
    await using bench = await open();
    const first = await bench.start();
    const second = bench.sandbox.start(bench.spec());
    await expect(second).rejects.toSatisfy((error) => hasCode(error, 'sandbox.name-taken'));
    expect(await first.ask({ do: 'echo', text: 'still here' })).toMatchObject({ text: 'still here' });
    const other = await bench.start({ group: 'work' });
    expect(await other.ask({ do: 'echo', text: 'beside it' })).toMatchObject({ text: 'beside it' });
    await first.run.kill();
    expect(await (await bench.start()).ask({ do: 'echo', text: 'next' })).toMatchObject({ text: 'next' });
  });
}

function walls(open: () => Promise<Bench>): void {
  test('is not root, holds no capability and can gain none', async () => {
    await using bench = await open();
    const talk = await bench.start();
    expect(await talk.ask({ do: 'who' })).toMatchObject({ ...bench.user, cwd: '/workspace/group' });
    const { status } = await talk.ask({ do: 'status' });
    for (const set of ['CapPrm', 'CapEff', 'CapBnd', 'CapAmb']) expect(status).toMatch(new RegExp(`${set}:\\s0+\\n`));
    // A virtual machine of its own has nothing of the host's to gain.
    if (bench.sandbox.capabilities.class !== 'vm') expect(status).toMatch(/NoNewPrivs:\s1/);
    await expect(bench.sandbox.start(bench.spec({ group: 'root', user: { uid: 0, gid: 0 } }))).rejects.toSatisfy(
      (error) => hasCode(error, 'sandbox.cannot'),
    );
  });

  test('makes files that belong to the same user outside', async () => {
    await using bench = await open();
    const talk = await bench.start();
    expect(await talk.ask({ do: 'write', path: '/workspace/group/note', text: 'mine' })).toMatchObject({ ok: true });
    const note = join(bench.directory, 'group/note');
    expect(readFileSync(note, 'utf8')).toBe('mine');
    expect(statSync(note)).toMatchObject({ uid: bench.user.uid, gid: bench.user.gid });
  });

  test('writes where a mount allows it, and nowhere else, nested mounts included', async () => {
    await using bench = await open();
    bench.make('ipc');
    bench.make('ipc/input');
    bench.make('read only, "strange" name');
    writeFileSync(join(bench.directory, 'ipc/input/1'), 'from the host');
    const mounts = [
      bench.mount('ipc/input', '/workspace/ipc/input', true),
      bench.mount('ipc', '/workspace/ipc'),
      bench.mount('group', '/workspace/group'),
      bench.mount('read only, "strange" name', '/workspace/extra/odd', true),
    ];
    const talk = await bench.start({ mounts });
    const write = async (path: string) => (await talk.ask({ do: 'write', path, text: 'x' })).ok;
    expect(await talk.ask({ do: 'read', path: '/workspace/ipc/input/1' })).toMatchObject({ value: 'from the host' });
    expect(await write('/workspace/ipc/input/1')).toBe(false);
    expect(await write('/workspace/ipc/input/2')).toBe(false);
    expect((await talk.ask({ do: 'rename', from: '/workspace/ipc/input', to: '/workspace/ipc/x' })).ok).toBe(false);
    expect(await write('/workspace/ipc/status.json')).toBe(true);
    expect(await write('/workspace/extra/odd/x')).toBe(false);
    for (const path of ['/etc/x', '/usr/x', '/app/x', '/opt/x', '/x']) expect(await write(path)).toBe(false);
    for (const path of ['/tmp/x', '/home/node/x', '/home/node/.claude/x']) expect(await write(path)).toBe(true);
    expect(existsSync(join(bench.directory, 'ipc/status.json'))).toBe(true);
  });

  test('sees nothing of the host behind a link it planted', async () => {
    await using bench = await open();
    writeFileSync(join(bench.directory, 'secret'), 'the host’s');
    symlinkSync(join(bench.directory, 'secret'), join(bench.directory, 'group/link'));
    const talk = await bench.start();
    expect(await talk.ask({ do: 'read', path: '/workspace/group/link' })).toMatchObject({ ok: false, error: 'ENOENT' });
  });

  test('has no network but the socket that was mounted', async () => {
    await using bench = await open();
    const gateway = createServer((socket) => socket.end());
    const open2 = createServer((socket) => socket.end());
    mkdirSync(join(bench.directory, 'gw'), { mode: 0o755 });
    const path = join(bench.directory, 'gw/gw.sock');
    await new Promise<void>((resolve) => gateway.listen({ path, writableAll: true }, resolve));
    await new Promise<void>((resolve) => open2.listen({ port: 0, host: '0.0.0.0' }, resolve));
    try {
      const mounts = [bench.mount('group', '/workspace/group'), bench.mount('gw', '/run/gw', true)];
      const { socketMount } = bench.sandbox.capabilities;
      if (!socketMount) {
        const refused = bench.sandbox.start(bench.spec({ mounts }));
        await expect(refused).rejects.toSatisfy((error) => hasCode(error, 'sandbox.cannot'));
      }
      const talk = await bench.start(socketMount ? { mounts } : {});
      const socket = { path: '/run/gw/gw.sock' };
      expect(await talk.ask({ do: 'connect', to: socket })).toMatchObject({ connected: socketMount });
      const address = open2.address();
      const port = typeof address === 'object' ? address?.port : undefined;
      for (const host of ['127.0.0.1', '172.17.0.1', '1.1.1.1', 'localhost', 'example.com']) {
        expect(await talk.ask({ do: 'connect', to: { host, port } })).toMatchObject({ connected: false });
      }
      expect(await talk.ask({ do: 'interfaces' })).toMatchObject({ names: ['lo'] });
    } finally {
      gateway.close();
      open2.close();
    }
  });

  test('is held to its memory, or refused where the driver cannot hold it', async () => {
    await using bench = await open();
    const limits = { memory: '96m', cpus: 1, pids: 256 };
    if (!bench.sandbox.capabilities.limits) {
      const refused = bench.sandbox.start(bench.spec({ limits }));
      await expect(refused).rejects.toSatisfy((error) => hasCode(error, 'sandbox.cannot'));
      return;
    }
    const talk = await bench.start({ limits });
    await talk.ask({ do: 'echo', text: 'fits' });
    talk.say('{"do":"allocate","megabytes":300}\n');
    expect(await talk.run.exited).toEqual({ code: 137, signal: null });
  });
}
