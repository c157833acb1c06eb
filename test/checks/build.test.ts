import { execFile, spawnSync } from 'node:child_process';
import {
  appendFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, onTestFinished, test } from 'vitest';

const checkout = fileURLToPath(new URL('../..', import.meta.url));

function copyOfCheckout(): string {
  const copy = mkdtempSync(join(tmpdir(), 'build-'));
  onTestFinished(() => rmSync(copy, { recursive: true, force: true }));
  for (const name of ['bin', 'src', 'protocol', 'setup', 'scripts', 'package.json', 'package-lock.json']) {
    cpSync(join(checkout, name), join(copy, name), { recursive: true });
  }
  symlinkSync(join(checkout, 'node_modules'), join(copy, 'node_modules'));
  return copy;
}

const run = promisify(execFile);
const help = (copy: string) => run(process.execPath, [join(copy, 'bin', 'nanoclaw.mjs'), '--help']);

test('a changed source is built by the next command, an unchanged one is not built again', async () => {
  const copy = copyOfCheckout();
  expect((await help(copy)).stderr).toContain('Building the host');
  const built = statSync(join(copy, 'dist')).ino;
  expect((await help(copy)).stderr).toBe('');
  expect(statSync(join(copy, 'dist')).ino).toBe(built);
  appendFileSync(join(copy, 'src', 'index.ts'), '\nexport const changed = true;\n');
  expect((await help(copy)).stderr).toContain('Building the host');
  expect(existsSync(join(copy, 'dist', 'src', 'store', 'migrations', '001-first.sql'))).toBe(true);
});

test('every package that a source imports is there to be loaded, by the name it is imported by', async () => {
  const copy = copyOfCheckout();
  await help(copy);
  const channels = readdirSync(join(copy, 'dist', 'src', 'channels'), { withFileTypes: true });
  const platforms = channels.filter((entry) => entry.isDirectory()).map((entry) => entry.name);
  expect(platforms).toContain('telegram');
  for (const name of platforms) {
    const channel = join(copy, 'dist', 'src', 'channels', name, 'channel.js');
    const loaded = await run(process.execPath, [
      '-e',
      `import(${JSON.stringify(channel)}).then(() => console.log('ok'))`,
    ]);
    expect(loaded.stdout).toBe('ok\n');
  }
});

test('whatever a room finds by folder stands in the same folder of what is built', async () => {
  const copy = copyOfCheckout();
  const { stdout } = await help(copy);
  const sources = (folder: string) =>
    readdirSync(join(copy, folder)).filter((name) => name.endsWith('.ts') && !name.endsWith('.test.ts'));
  const built = (folder: string) => readdirSync(join(copy, 'dist', folder)).map((name) => name.replace(/js$/, 'ts'));
  for (const folder of ['src/cli/commands', 'src/tools']) expect(built(folder)).toEqual(sources(folder));
  for (const command of sources('src/cli/commands')) expect(stdout).toContain(command.replace('.ts', ''));
  expect(readdirSync(join(copy, 'dist/src/store/migrations'))).toEqual(readdirSync(join(copy, 'src/store/migrations')));
});

test('commands that all find nothing built, or what is stale, each answer; one builds, and nothing is left half made', async () => {
  const copy = copyOfCheckout();
  // Left by a build that was ended, with its lock.
  mkdirSync(join(copy, '.dist-broken'));
  writeFileSync(join(copy, '.install-lock'), String(spawnSync('true').pid));
  for (const change of ['', '\nexport const changed = true;\n']) {
    appendFileSync(join(copy, 'src', 'index.ts'), change);
    const answers = await Promise.all(Array.from({ length: 12 }, () => help(copy)));
    for (const { stdout } of answers) expect(stdout).toContain('USAGE nanoclaw');
    expect(answers.filter(({ stderr }) => stderr.includes('Building the host'))).toHaveLength(1);
  }
  expect(readdirSync(copy).filter((name) => /^\.(dist-|install-lock)/.test(name))).toEqual([]);
  expect((await help(copy)).stderr).toBe('');
});

test('a source that does not compile is said with its place, and what was built before stays', async () => {
  const copy = copyOfCheckout();
  await help(copy);
  appendFileSync(join(copy, 'src', 'index.ts'), '\nconst = 1;\n');
  await expect(help(copy)).rejects.toThrow(/Building the host failed[\s\S]*src\/index\.ts:\d+/);
  expect(existsSync(join(copy, 'dist', 'src', 'cli', 'main.js'))).toBe(true);
});
