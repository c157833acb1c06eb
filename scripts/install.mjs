// Installs what is missing and builds what is stale. Plain Node: it runs before any package is there.
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { homedir } from 'node:os';
import path from 'node:path';
import { contentHash } from './content-hash.mjs';
import { InstallError } from './install-error.mjs';
import { holdInstallLock } from './install-lock.mjs';
import { headersFor, installProblem, loadProblem } from './install-problems.mjs';
import { runInGroup } from './own-group.mjs';

const stampName = '.nanoclaw-stamp';
const nobodyLooks = () => () => undefined;

export { InstallError };

/** Are `root/node_modules` what the lock file says, for this Node? */
export function isInstalled(root) {
  const native = path.join(root, 'node_modules', 'better-sqlite3', 'build', 'Release', 'better_sqlite3.node');
  return readStamp(path.join(root, 'node_modules')) === installStamp(root) && existsSync(native);
}

/**
 * Brings `root/node_modules` to what the lock file says. Silent when it is.
 * @param {string} root
 * @param {{ log: (line: string) => void, begin?: (step: string) => () => void, signal?: AbortSignal | undefined }} options `log`
 *   gets what is told, a line at a time; `begin` is told what takes long, and returns what is called at its end. Whoever aborts
 *   `signal` gets its reason once nothing of it runs any more.
 */
export async function ensureInstalled(root, { log, begin = nobodyLooks, signal }) {
  if (isInstalled(root)) return;
  const lock = await holdInstallLock(root, { log, signal });
  try {
    // Whoever held it may have done all of it.
    if (!isInstalled(root)) await install(root, { log, begin, signal });
  } finally {
    lock.release();
  }
}

async function install(root, how) {
  if (!sameAsLock(root)) {
    await npmCi(root, { ...how, what: 'the packages' });
  } else if (whyNotLoaded(root) !== undefined) {
    // Same packages, another Node, or a rebuild that was broken off: only what is compiled has to be made again.
    await npm(root, ['rebuild', 'better-sqlite3'], { ...how, what: 'the database for this Node' });
  }
  const problem = whyNotLoaded(root);
  if (problem !== undefined) throw new InstallError(loadProblem(problem, headersFor(process.env, homedir())));
  writeStamp(path.join(root, 'node_modules'), installStamp(root));
}

/**
 * Installs the agent runner's packages and builds it; for the local sandbox and tests (an image has its own).
 * @type {typeof ensureInstalled}
 */
export async function ensureRunner(root, { log, begin = nobodyLooks, signal }) {
  const folder = path.join(root, 'container', 'agent-runner');
  if (isRunnerReady(root, folder)) return;
  const lock = await holdInstallLock(folder, { log, signal });
  try {
    await installRunner(root, { folder, log, begin, signal });
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

async function installRunner(root, { folder, ...how }) {
  const modules = path.join(folder, 'node_modules');
  const installed = installStamp(folder);
  if (readStamp(modules) !== installed) {
    if (!sameAsLock(folder)) await npmCi(folder, { ...how, what: "the agent runner's packages" });
    writeStamp(modules, installed);
  }
  const dist = path.join(folder, 'dist');
  const built = runnerStamp(root, folder);
  if (readStamp(dist) === built) return;
  how.log('Building the agent runner …');
  const { signal } = how;
  const { code, output } = await runInGroup(process.execPath, [path.join(folder, 'build.mjs')], {
    cwd: folder,
    signal,
  });
  signal?.throwIfAborted();
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
  try {
    return JSON.parse(readFileSync(lock, 'utf8')).packages;
  } catch (error) {
    // npm was ended while it wrote it.
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
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

function npmCi(folder, how) {
  // A production environment must not leave out what the start itself needs (esbuild's binary, typescript).
  return npm(folder, ['ci', '--no-audit', '--no-fund', '--include=dev', '--include=optional'], how);
}

/** A compiler at work takes many times longer than a download, so a person is told which of the two it is. */
export function installStep(folder, what) {
  const compiling = existsSync(path.join(folder, 'node_modules', 'better-sqlite3', 'build', 'Makefile'));
  return compiling
    ? 'compiling the database package, as no prebuilt one could be loaded: some minutes'
    : `installing ${what}`;
}

async function npm(folder, args, { log, begin, signal, what }) {
  const startedAt = performance.now();
  const seconds = () => Math.round((performance.now() - startedAt) / 1000);
  log(`Installing ${what} (a minute or two the first time) …`);
  const end = begin(() => installStep(folder, what));
  const headers = headersFor(process.env, homedir());
  const env = {
    ...process.env,
    // The npm that runs is one for this very Node, also where another one comes first in PATH.
    PATH: `${path.dirname(process.execPath)}${path.delimiter}${process.env.PATH ?? ''}`,
    ...(headers.state === 'there' ? { npm_config_nodedir: headers.folder } : {}),
  };
  // Nothing of it reaches our own output, and it cannot eat our input (`printf … | npm start`).
  const { code, output } = await runInGroup('npm', args, { cwd: folder, env, signal }).finally(end);
  signal?.throwIfAborted();
  if (code === 127) throw new InstallError('npm cannot be started. Install Node with npm, then run this again.');
  if (code !== 0) {
    throw new InstallError(`Installing ${what} failed (npm ${args[0]}). ${installProblem(output, { code, headers })}`);
  }
  log(`Installed ${what} in ${seconds()} s.`);
}

export function readStamp(folder) {
  try {
    return readFileSync(path.join(folder, stampName), 'utf8').trim();
  } catch (error) {
    // Not there, or just being exchanged.
    if (error.code === 'ENOENT') return undefined;
    throw error;
  }
}

export function writeStamp(folder, stamp) {
  mkdirSync(folder, { recursive: true });
  const file = path.join(folder, stampName);
  writeFileSync(`${file}.${process.pid}`, `${stamp}\n`);
  renameSync(`${file}.${process.pid}`, file);
}
