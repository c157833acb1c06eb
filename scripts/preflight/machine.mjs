import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import path from 'node:path';
import { programIn, thisUser } from '../../src/sandbox/cures.mjs';

/** Nobody waits longer for the whole of it. */
const patienceMs = 1_900;

/** The machine as the checks see it. */
export class Machine {
  #user;

  constructor(root, { environment, runtime, home }) {
    this.root = root;
    this.environment = environment;
    this.searchPath = environment.PATH ?? '';
    this.userHome = environment.HOME || homedir();
    this.home = path.resolve(home ?? (environment.NANOCLAW_HOME || root));
    this.runtime = runtime ?? (environment.CONTAINER_RUNTIME || this.#setting('CONTAINER_RUNTIME') || 'auto');
  }

  get user() {
    this.#user ??= thisUser(this.searchPath);
    return this.#user;
  }

  has(program) {
    return programIn(this.searchPath, program) !== undefined;
  }

  /** Only to know what to look at; src/config.ts judges the file. */
  #setting(name) {
    const file = path.join(this.home, '.env');
    const text = isReadable(file) ? readFileSync(file, 'utf8') : '';
    return new RegExp(`^(?:export )?${name}=["']?(\\w+)`, 'm').exec(text)?.[1];
  }

  /** Runs a program to its end or to the end of our patience; `code` is undefined when it did not get there. */
  ask(program, args, { ms = patienceMs } = {}) {
    return new Promise((resolve) => {
      // npm is a script of Node's: of this one, whichever comes first in PATH.
      const own = program === 'npm' ? `${path.dirname(process.execPath)}${path.delimiter}` : '';
      const env = { ...this.environment, PATH: `${own}${this.searchPath}` };
      const child = spawn(program, args, { cwd: this.root, env, stdio: ['ignore', 'pipe', 'pipe'] });
      const said = { code: undefined, stdout: '', stderr: '', late: false };
      const timer = setTimeout(() => {
        said.late = true;
        child.kill('SIGKILL');
        child.stdout.destroy();
        child.stderr.destroy();
        resolve(said);
      }, ms);
      const end = (code) => {
        clearTimeout(timer);
        resolve({ ...said, code: code ?? undefined });
      };
      child.stdout.on('data', (chunk) => (said.stdout += chunk));
      child.stderr.on('data', (chunk) => (said.stderr += chunk));
      child.on('error', (error) => {
        said.stderr += String(error);
        end(undefined);
      });
      child.on('close', end);
    });
  }
}

function isReadable(file) {
  try {
    return existsSync(file) && readFileSync(file) !== undefined;
  } catch {
    // Told by whoever needs it.
    return false;
  }
}
