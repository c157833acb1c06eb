import { accessSync, constants, existsSync, mkdtempSync, rmdirSync, statfsSync, statSync } from 'node:fs';
import path from 'node:path';
import { isBuilt } from '../build.mjs';
import { isInstalled } from '../install.mjs';
import { whoAnswers } from '../starting.mjs';

const mib = 1024 * 1024;
// Measured: packages 250 MB, the agent runner's 440 MB, npm's cache 250 MB; the agent image 870 MB and its base 270 MB.
const needed = { packages: 1_000 * mib, image: 1_500 * mib, cache: 250 * mib };

/** May this user write what has to be written? */
export function checkFiles(machine) {
  const { root, home, userHome } = machine;
  const findings = [];
  const ready = isInstalled(root) && isBuilt(root);
  if (!ready && !writable(root)) {
    findings.push({
      state: 'problem',
      says: `This user cannot write ${root}, where NanoClaw has to be installed and built once.`,
      cure: `Let its owner (${ownerOf(root)}) run ./nanoclaw start once, or make a clone of your own.`,
    });
  } else if (home === root && !writable(home)) {
    findings.push({
      state: 'problem',
      says: `This user cannot write ${home}, where your data would be.`,
      cure: `Put it elsewhere: export NANOCLAW_HOME="$HOME/nanoclaw-data" (and start again).`,
    });
  }
  if (home !== root && !writable(nearest(home))) {
    findings.push({
      state: 'problem',
      says: `NANOCLAW_HOME is ${home}, which this user cannot write.`,
      cure: 'Name a folder of your own.',
    });
  }
  if (!existsSync(userHome) || !readable(userHome)) {
    findings.push({
      state: 'problem',
      says: `Your home directory ${userHome} cannot be used; npm and the settings need it.`,
      cure: 'Set HOME to a folder of your own (sudo -H, su -).',
    });
  }
  if (findings.length > 0) return findings;
  const where = home === root ? root : `${root}, data in ${home}`;
  return { state: 'ok', says: where };
}

export function checkDisk({ root, home, runtime, userHome, environment }) {
  const toInstall = isInstalled(root) ? 0 : needed.packages;
  const image = runtime === 'local' || toInstall === 0 ? 0 : needed.image;
  const what = image === 0 ? '' : ' (1 GB for the packages, 1.5 GB for the agent image where there is an engine)';
  const wanted = [
    { folder: root, bytes: toInstall + image, least: toInstall, what, cure: 'put the checkout on another disk.' },
  ];
  if (home !== root)
    wanted.push({ folder: nearest(home), bytes: 100 * mib, cure: 'set NANOCLAW_HOME to another disk.' });
  // npm fills it on its way, and ends where it is full, however much room the checkout has.
  const cache = nearest(environment.npm_config_cache || path.join(userHome, '.npm'));
  if (toInstall > 0 && statSync(cache).dev !== statSync(root).dev) {
    const cure = 'let npm use another disk: export npm_config_cache=/a/folder/there';
    wanted.push({ folder: cache, bytes: needed.cache, what: ' for npm’s cache', cure });
  }
  return wanted.map(({ folder, bytes, least = bytes, what = '', cure }) => {
    const { bavail, bsize } = statfsSync(folder);
    const free = bavail * bsize;
    const says = `${size(free)} free at ${folder}`;
    if (free >= bytes) return { state: 'ok', says };
    const state = free >= least ? 'warning' : 'problem';
    return { state, says: `${says}; ${size(bytes)} are needed${what}.`, cure: `Make room, or ${cure}` };
  });
}

/** A host of this home that runs already is joined, not doubled. */
export async function checkHost({ home }) {
  const socket = path.join(home, 'data', 'admin.sock');
  if (!existsSync(socket)) return [];
  const answers = await whoAnswers(socket);
  if (answers === 'another user') {
    return {
      state: 'warning',
      says: `Another user's host may run on ${home}: its socket belongs to ${ownerOf(socket)}.`,
      cure: 'Use it as that user, or set NANOCLAW_HOME to a folder of your own.',
    };
  }
  return answers === 'somebody' ? { state: 'ok', says: `a host is running on ${home}; start joins it` } : [];
}

function writable(folder) {
  try {
    accessSync(folder, constants.W_OK);
    // Root may do everything, but not on a read-only disk.
    rmdirSync(mkdtempSync(path.join(folder, '.try-')));
    return true;
  } catch {
    // The finding says so.
    return false;
  }
}

function readable(folder) {
  try {
    accessSync(folder, constants.R_OK | constants.X_OK);
    return true;
  } catch {
    // The finding says so.
    return false;
  }
}

function nearest(folder) {
  return existsSync(folder) || path.dirname(folder) === folder ? folder : nearest(path.dirname(folder));
}

function ownerOf(file) {
  return `uid ${statSync(file).uid}`;
}

function size(bytes) {
  return bytes >= 1024 * mib ? `${(bytes / 1024 / mib).toFixed(1)} GB` : `${Math.round(bytes / mib)} MB`;
}
