// Installs what is missing and builds what is stale. Plain Node: it runs before any package is there.
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { homedir } from 'node:os';
import path from 'node:path';
import { contentHash } from './content-hash.mjs';
import { InstallError } from './install-error.mjs';
import { holdInstallLock } from './install-lock.mjs';
import { headersFor, installProblem, loadProblem } from './install-problems.mjs';

const stampName = '.nanoclaw-stamp';
// A person who sees nothing for longer believes that it hangs.
const saySomethingEveryMs = 15_000;

export { InstallError };

/** Are `root/node_modules` what the lock file says, for this Node? */
export function isInstalled(root) {
  const native = path.join(root, 'node_modules', 'better-sqlite3', 'build', 'Release', 'better_sqlite3.node');
  return readStamp(path.join(root, 'node_modules')) === installStamp(root) && existsSync(native);
}

/** Brings `root/node_modules` to what the lock file says. Silent when it is. `log` gets progress, a line at a time. */
export async function ensureInstalled(root, { log }) {
  if (isInstalled(root)) return;
  const lock = await holdInstallLock(root, { log });
  try {
    // Whoever held it may have done all of it.
    if (!isInstalled(root)) await install(root, { log });
  } finally {
    lock.release();
  }
}

async function install(root, { log }) {
  if (!sameAsLock(root)) {
    await npmCi(root, { log, what: 'the packages' });
  } else if (whyNotLoaded(root) !== undefined) {
    // Same packages, another Node, or a rebuild that was broken off: only what is compiled has to be made again.
    await npm(root, ['rebuild', 'better-sqlite3'], { log, what: 'the database for this Node' });
  }
  const problem = whyNotLoaded(root);
  if (problem !== undefined) throw new InstallError(loadProblem(problem, headersFor(process.env, homedir())));
  writeStamp(path.join(root, 'node_modules'), installStamp(root));
}

/** Installs the agent runner's packages and builds it; for the local sandbox and tests (an image has its own). */
export async function ensureRunner(root, { log }) {
  const folder = path.join(root, 'container', 'agent-runner');
  if (isRunnerReady(root, folder)) return;
  const lock = await holdInstallLock(folder, { log });
  try {
    await installRunner(root, { folder, log });
  } finally {
    lock.release();
  }
}

function isRunnerReady(root, folder) {
  const installed = readStamp(path.join(folder, 'node_modules')) === installStamp(folder);
  return installed && readStamp(path.join(folder, 'dist')) === runnerStamp(root, folder);
}

function runnerStamp(root, folder) {
  const sources = ['package-lock.json', 'build.mjs', 'src'].map((name) => path.join(folder, name));
  return contentHash(root, [...sources, path.join(root, 'protocol')]);
}

async function installRunner(root, { folder, log }) {
  const modules = path.join(folder, 'node_modules');
  const installed = installStamp(folder);
  if (readStamp(modules) !== installed) {
    if (!sameAsLock(folder)) await npmCi(folder, { log, what: "the agent runner's packages" });
    writeStamp(modules, installed);
  }
  const dist = path.join(folder, 'dist');
  const built = runnerStamp(root, folder);
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

/** What the system said when the compiled part was loaded; undefined when it was. */
function whyNotLoaded(root) {
  try {
    const require = createRequire(path.join(root, 'package.json'));
    const Database = require('better-sqlite3');
    new Database(':memory:').close();
    return undefined;
  } catch (error) {
    return String(error?.message ?? error);
  }
}

function npmCi(folder, { log, what }) {
  // A production environment must not leave out what the start itself needs (esbuild's binary, typescript).
  return npm(folder, ['ci', '--no-audit', '--no-fund', '--include=dev', '--include=optional'], { log, what });
}

/** A compiler at work takes many times longer than a download, so a person is told which of the two it is. */
export function installStep(folder, what) {
  const compiling = existsSync(path.join(folder, 'node_modules', 'better-sqlite3', 'build', 'Makefile'));
  return compiling
    ? 'compiling the database package, as no prebuilt one could be loaded: some minutes'
    : `installing ${what}`;
}

async function npm(folder, args, { log, what }) {
  const startedAt = performance.now();
  const seconds = () => Math.round((performance.now() - startedAt) / 1000);
  log(`Installing ${what} (a minute or two the first time) …`);
  const ticker = setInterval(() => log(`… still ${installStep(folder, what)} (${seconds()} s)`), saySomethingEveryMs);
  const headers = headersFor(process.env, homedir());
  const { code, output } = await runQuietly('npm', args, folder, {
    ...process.env,
    // The npm that runs is one for this very Node, also where another one comes first in PATH.
    PATH: `${path.dirname(process.execPath)}${path.delimiter}${process.env.PATH ?? ''}`,
    ...(headers.state === 'there' ? { npm_config_nodedir: headers.folder } : {}),
  }).finally(() => clearInterval(ticker));
  if (code !== 0) {
    throw new InstallError(`Installing ${what} failed (npm ${args[0]}). ${installProblem(output, { code, headers })}`);
  }
  log(`Installed ${what} in ${seconds()} s.`);
}

/** Nothing of the program reaches our own output, and it cannot eat our input (`printf … | npm start`). */
function runQuietly(command, args, cwd, env = process.env) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
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
