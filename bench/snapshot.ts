import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ensureRunner } from '../scripts/install.mjs';
import { checkout } from './checkout.ts';

const copied = [
  ...['bin', 'src', 'protocol', 'setup', 'scripts', 'groups/main/CLAUDE.md', 'groups/global/CLAUDE.md'],
  ...['package.json', 'package-lock.json', 'tsconfig.json', 'container/skills'],
  ...['src', 'dist', 'build.mjs', 'package.json', 'package-lock.json', 'tsconfig.json'].map(
    (name) => `container/agent-runner/${name}`,
  ),
];
const linked = ['node_modules', 'container/agent-runner/node_modules'];

export interface Snapshot extends Disposable {
  readonly checkout: string;
  readonly home: string;
}

/** A copy of this checkout, built, with a home of its own: nothing built here, or changed meanwhile, can be seen from outside. */
export async function takeSnapshot(): Promise<Snapshot> {
  await ensureRunner(checkout, { log: () => undefined });
  const root = mkdtempSync(join(tmpdir(), 'bench-'));
  const copy = join(root, 'checkout');
  const home = join(root, 'home');
  mkdirSync(home);
  for (const name of copied) cpSync(join(checkout, name), join(copy, name), { recursive: true });
  for (const name of linked) symlinkSync(join(checkout, name), join(copy, name));
  // Any command builds first.
  execFileSync(process.execPath, [join(copy, 'bin', 'nanoclaw.mjs'), '--help'], { cwd: copy, stdio: 'ignore' });
  return { checkout: copy, home, [Symbol.dispose]: () => rmSync(root, { recursive: true, force: true }) };
}
