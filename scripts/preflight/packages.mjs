import { existsSync } from 'node:fs';
import path from 'node:path';
import { installing } from '../../src/sandbox/cures.mjs';
import { compilerCure, headersFor, registryProblem } from '../install-problems.mjs';

/** Does the registry answer, the way npm is configured here: .npmrc, proxy, certificates? */
export async function checkRegistry(machine) {
  if (!machine.has('npm')) {
    const cure = `Install it: ${installing(machine.user, { apt: 'npm' })}, or Node from https://nodejs.org, which brings it.`;
    return { state: 'problem', says: 'npm is not in your PATH.', cure };
  }
  const args = ['view', 'zod', 'version', '--fetch-retries=0', '--loglevel=error'];
  const { code, stderr, late } = await machine.ask('npm', args);
  if (code === 0) return { state: 'ok', says: 'answers' };
  if (late) return { state: 'warning', says: 'did not answer within two seconds; the installation is tried anyway' };
  return { state: 'problem', ...registryProblem(stderr) };
}

/** SQLite has to be there for exactly this Node: loaded as a prebuilt file, or compiled. */
export async function checkBuild(machine) {
  const { root } = machine;
  if (existsSync(path.join(root, 'node_modules/better-sqlite3/build/Release/better_sqlite3.node'))) {
    return { state: 'ok', says: 'is installed' };
  }
  const missing = missingTools(machine);
  const headers = headersFor(machine.environment, machine.userHome);
  const [prebuilt, nodejs] = await Promise.all([
    reaches('https://github.com'),
    headers.state === 'missing' && missing.length === 0 ? reaches('https://nodejs.org') : false,
  ]);
  if (prebuilt) return { state: 'ok', says: 'a prebuilt file can be downloaded from github.com' };
  const offline = 'No prebuilt file can be downloaded (github.com does not answer), so it has to be compiled';
  if (missing.length > 0) {
    return {
      state: 'problem',
      says: `${offline}, and ${list(missing)} missing.`,
      cure: `Install them: ${compilerCure()}`,
    };
  }
  if (headers.state === 'there') return { state: 'ok', says: `is compiled here with the headers in ${headers.folder}` };
  if (headers.state === 'wrong') return { state: 'problem', says: `${offline}. ${headers.says}`, cure: headers.cure };
  if (nodejs) return { state: 'ok', says: 'is compiled here' };
  const { node } = process.versions;
  return {
    state: 'problem',
    says: `${offline}, and the headers of Node ${node} cannot be downloaded (nodejs.org does not answer).`,
    cure: `Unpack node-v${node}-headers.tar.gz from a machine with a network and run: npm config set nodedir /path/to/node-v${node}`,
  };
}

function missingTools(machine) {
  return [
    ['python3', ['python3', 'python']],
    ['make', ['make', 'gmake']],
    ['a C++ compiler', ['c++', 'g++', 'clang++']],
  ]
    .filter(([, programs]) => !programs.some((program) => machine.has(program)))
    .map(([name]) => name);
}

function list(words) {
  return words.length === 1 ? `${words[0]} is` : `${words.slice(0, -1).join(', ')} and ${words.at(-1)} are`;
}

/** Any answer is one. */
async function reaches(address) {
  try {
    await fetch(address, { method: 'HEAD', redirect: 'manual', signal: AbortSignal.timeout(1_500) });
    return true;
  } catch {
    // Whatever the reason: it is not reached.
    return false;
  }
}
