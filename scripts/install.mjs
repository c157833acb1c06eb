// Installs what is missing and builds what is stale. Plain Node: it runs before any package is there.
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { contentHash } from './content-hash.mjs';

const stampName = '.nanoclaw-stamp';
// A person who sees nothing for longer believes that it hangs.
const saySomethingEveryMs = 15_000;

/** An install or build that failed; `message` is one sentence and the cure. */
export class InstallError extends Error {}

/** Brings `root/node_modules` to what the lock file says. Silent when it is. `log` gets progress, a line at a time. */
export async function ensureInstalled(root, { log }) {
  const stamp = installStamp(root);
  if (readStamp(path.join(root, 'node_modules')) === stamp) return;
  if (!sameAsLock(root)) {
    await npmCi(root, { log, what: 'the packages' });
  } else if (!nativeLoads(root)) {
    // Same packages, another Node: only what is compiled for it has to be made again.
    await npm(root, ['rebuild', 'better-sqlite3'], { log, what: 'the database for this Node' });
  }
  if (!nativeLoads(root)) throw new InstallError(`The database package cannot be loaded. ${compilerCure()}`);
  writeStamp(path.join(root, 'node_modules'), stamp);
}

/** Installs the agent runner's packages and builds it; for the local sandbox and tests (an image has its own). */
export async function ensureRunner(root, { log }) {
  const folder = path.join(root, 'container', 'agent-runner');
  const modules = path.join(folder, 'node_modules');
  const installed = installStamp(folder);
  if (readStamp(modules) !== installed) {
    if (!sameAsLock(folder)) await npmCi(folder, { log, what: "the agent runner's packages" });
    writeStamp(modules, installed);
  }
  const dist = path.join(folder, 'dist');
  const sources = ['package-lock.json', 'build.mjs', 'src'].map((name) => path.join(folder, name));
  const built = contentHash(root, [...sources, path.join(root, 'protocol')]);
  if (readStamp(dist) === built) return;
  log('Building the agent runner …');
  const { code, output } = await runQuietly(process.execPath, [path.join(folder, 'build.mjs')], folder);
  if (code !== 0) throw new InstallError(`Building the agent runner failed:\n${output.trim()}`);
  writeStamp(dist, built);
}

/** `npm ci` says no more than this file does: same packages, same Node's binary interface. */
function installStamp(folder) {
  const machine = [process.platform, process.arch, process.versions.modules].join('-');
  return `${contentHash(folder, [path.join(folder, 'package-lock.json')])} ${machine}`;
}

/**
 * What npm itself notes about the last install agrees with the lock file. So that packages installed by hand, or by a test,
 * are not thrown away and installed again.
 */
function sameAsLock(folder) {
  const wanted = packagesOf(path.join(folder, 'package-lock.json'));
  const there = packagesOf(path.join(folder, 'node_modules', '.package-lock.json'));
  if (!wanted || !there) return false;
  const missing = Object.entries(wanted).some(([name, one]) => {
    if (name === '' || one.optional || one.devOptional) return false;
    return there[name]?.version !== one.version;
  });
  return !missing && Object.entries(there).every(([name, one]) => wanted[name]?.version === one.version);
}

function packagesOf(lock) {
  if (!existsSync(lock)) return undefined;
  return JSON.parse(readFileSync(lock, 'utf8')).packages;
}

function nativeLoads(root) {
  try {
    const require = createRequire(path.join(root, 'package.json'));
    const Database = require('better-sqlite3');
    new Database(':memory:').close();
    return true;
  } catch {
    return false;
  }
}

function npmCi(folder, { log, what }) {
  // A production environment must not leave out what the start itself needs (esbuild's binary, typescript).
  return npm(folder, ['ci', '--no-audit', '--no-fund', '--include=dev', '--include=optional'], { log, what });
}

async function npm(folder, args, { log, what }) {
  const startedAt = performance.now();
  const seconds = () => Math.round((performance.now() - startedAt) / 1000);
  log(`Installing ${what} (a minute or two the first time) …`);
  const ticker = setInterval(() => log(`… still installing ${what} (${seconds()} s)`), saySomethingEveryMs);
  const { code, output } = await runQuietly('npm', args, folder).finally(() => clearInterval(ticker));
  if (code !== 0) throw new InstallError(`Installing ${what} failed (npm ${args[0]}). ${npmCure(output)}`);
  log(`Installed ${what} in ${seconds()} s.`);
}

function npmCure(output) {
  const lines = output.trim().split('\n');
  const errors = lines.filter((line) => line.startsWith('npm error'));
  const tail = (errors.length > 0 ? errors.slice(0, 12) : lines.slice(-12)).join('\n');
  if (/gyp|make: not found|g\+\+|prebuild-install/i.test(output)) return `${compilerCure()}\n${tail}`;
  if (/ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ETIMEDOUT|network/i.test(output)) {
    return `The package registry cannot be reached: check the network or npm's proxy settings, then run this again.\n${tail}`;
  }
  return `npm said:\n${tail}`;
}

function compilerCure() {
  if (process.platform === 'darwin') return 'A compiler is needed: xcode-select --install';
  const sudo = process.getuid?.() === 0 ? '' : 'sudo ';
  return `A compiler is needed: ${sudo}apt-get install -y python3 make g++`;
}

/** Nothing of the program reaches our own output, and it cannot eat our input (`printf … | npm start`). */
function runQuietly(command, args, cwd) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    const keep = (chunk) => {
      output = (output + chunk).slice(-64_000);
    };
    child.stdout.on('data', keep);
    child.stderr.on('data', keep);
    child.on('error', (error) => {
      reject(
        new InstallError(`${command} cannot be started (${error.code}). Install Node with npm, then run this again.`),
      );
    });
    child.on('close', (code) => resolve({ code, output }));
  });
}

export function readStamp(folder) {
  const file = path.join(folder, stampName);
  return existsSync(file) ? readFileSync(file, 'utf8').trim() : undefined;
}

export function writeStamp(folder, stamp) {
  mkdirSync(folder, { recursive: true });
  const file = path.join(folder, stampName);
  writeFileSync(`${file}.${process.pid}`, `${stamp}\n`);
  renameSync(`${file}.${process.pid}`, file);
}
