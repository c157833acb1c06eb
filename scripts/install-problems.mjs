// What npm, a compiler or the loader said, as a sentence with its true cause and a command that this user can run.
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { installing, thisUser } from '../src/sandbox/cures.mjs';

/**
 * Where the headers of exactly this Node lie, which a compiled package needs: `there`, `missing` (node-gyp loads them from
 * nodejs.org), or `wrong`: npm is told to use those of another one.
 */
export function headersFor(environment, userHome) {
  const { node } = process.versions;
  const isOurs = (folder) => versionOf(folder)?.split('.')[0] === node.split('.')[0];
  const named = nodedirSetting(environment, userHome);
  if (named !== undefined && isOurs(named)) return { state: 'there', folder: named };
  const bin = path.dirname(process.execPath);
  const beside = [
    path.join(bin, '..'),
    // The npm package `node` keeps the binary for each machine in a package of its own.
    path.join(bin, '..', 'node_modules', `node-${process.platform}-${process.arch}`),
    path.join(bin, '..', '..', `node-${process.platform}-${process.arch}`),
    path.join(userHome, '.cache', 'node-gyp', node),
  ].find((folder) => isOurs(folder));
  if (beside !== undefined) return { state: 'there', folder: path.resolve(beside) };
  if (named === undefined) return { state: 'missing' };
  const theirs = versionOf(named);
  const says = `npm is set to use the headers in ${named} (nodedir), ${theirs ? `which are those of Node ${theirs}` : 'where there are none'}, and this is Node ${node}.`;
  return {
    state: 'wrong',
    folder: named,
    says,
    cure: `Remove that setting: npm config delete nodedir. Or use Node ${theirs ?? 'as installed'}.`,
  };
}

/** Sentence, cure and npm's own last lines. */
export function installProblem(output, { code, headers }) {
  const lines = output.trim().split('\n');
  const errors = lines.filter((line) => /^npm (error|ERR!)/.test(line));
  const tail = (errors.length > 0 ? errors.slice(0, 12) : lines.slice(-12)).join('\n');
  if (code === null) return `npm was ended from outside, perhaps for want of memory. Run this again.\n${tail}`;
  if (/ENOSPC/.test(output)) return `The disk is full: make room (1 GB is needed), then run this again.\n${tail}`;
  if (/gyp|prebuild-install/i.test(output)) return `${compileProblem(output, headers)}\n${tail}`;
  const { says, cure } = registryProblem(output);
  return `${says} ${cure}\n${tail}`;
}

/** What npm could not do, and why really. */
export function registryProblem(output) {
  const known = registryProblems.find(({ words }) => words.test(output));
  const host = /https?:\/\/[^/\s]+/.exec(output)?.[0] ?? 'The package registry';
  if (known) return { says: known.says(host), cure: known.cure };
  const line = output.split('\n').find((one) => /npm (error|ERR!)/.test(one)) ?? output.trim().slice(0, 200);
  return {
    says: `npm cannot use it: ${line.replace(/^npm (error|ERR!) */, '')}`,
    cure: 'Run "npm ping" and fix what it names.',
  };
}

const settings = '(see: npm config get registry, npm config get proxy; .npmrc)';
const registryProblems = [
  {
    words: /E401|E403|401 Unauthorized|403 Forbidden/,
    says: (host) => `${host} refuses npm's credential.`,
    cure: `Log in to it (npm login), or use another registry ${settings}.`,
  },
  {
    words: /SELF_SIGNED|UNABLE_TO_(VERIFY|GET_ISSUER)|CERT_/,
    says: (host) => `npm does not trust the certificate of ${host}; perhaps a company's proxy replaces it.`,
    cure: 'Name its certificate: npm config set cafile /path/to/ca.pem (and NODE_EXTRA_CA_CERTS for the host).',
  },
  {
    words: /ENOTFOUND|EAI_AGAIN/,
    says: () => "The name of the package registry, or of npm's proxy, cannot be found.",
    cure: `Check the network and npm's settings ${settings}.`,
  },
  {
    words: /ECONNREFUSED|ETIMEDOUT|ECONNRESET|EHOSTUNREACH|ENETUNREACH|network/i,
    says: (host) => `${host} cannot be reached.`,
    cure: `Check the network and npm's settings ${settings}.`,
  },
  {
    words: /EACCES|EPERM/,
    says: () => "npm may not write its own cache: it holds another user's files.",
    cure: 'Take it over: sudo chown -R "$(id -u):$(id -g)" ~/.npm, or name another one: npm config set cache ~/.npm-own.',
  },
];

function compileProblem(output, headers) {
  const tools = [
    // "gyp info find Python using …" stands in every output: there it was found.
    [/ERR! find Python|not find any Python/i, 'python3'],
    [/not found: make|make: (command )?not found/i, 'make'],
    [/(g\+\+|c\+\+|cc): (No such file|(command )?not found)/i, 'a C++ compiler'],
  ];
  const missing = tools.filter(([words]) => words.test(output)).map(([, name]) => name);
  if (missing.length > 0) return `Missing to compile the database: ${missing.join(', ')}. Install: ${compilerCure()}`;
  if (headers.state === 'wrong') return `${headers.says} ${headers.cure}`;
  if (/nodejs\.org|getaddrinfo|network|ECONN|ETIMEDOUT|ENOTFOUND/i.test(output)) {
    return `The database has to be compiled, and the headers of Node ${process.versions.node} cannot be loaded from nodejs.org: check the network, or name a folder that has them: npm config set nodedir FOLDER.`;
  }
  return `Compiling the database failed. It needs: ${compilerCure()}`;
}

/** The package is there and cannot be loaded. */
export function loadProblem(words, headers) {
  const versions = [...words.matchAll(/NODE_MODULE_VERSION (\d+)/g)].map(([, number]) => number);
  if (versions.length > 0) {
    const why =
      headers.state === 'wrong' ? ` ${headers.says} ${headers.cure}` : ' Remove node_modules and run this again.';
    return `The database was compiled for another Node (ABI ${versions[0]}, this one has ${process.versions.modules}).${why}`;
  }
  if (/GLIBC|libstdc/.test(words)) {
    return `The prebuilt database needs a newer system than this one. Compile it: npm rebuild better-sqlite3 --build-from-source (needs: ${compilerCure()}).`;
  }
  if (/Could not locate the bindings/.test(words)) {
    return 'The database was not compiled, although npm said that all went well: it does not run the scripts of packages (ignore-scripts). Run: npm rebuild better-sqlite3 --ignore-scripts=false';
  }
  return `The database cannot be loaded: ${words.split('\n')[0]}. Remove node_modules and run this again.`;
}

export function compilerCure() {
  if (process.platform === 'darwin') return 'xcode-select --install';
  const names = {
    apt: 'python3 make g++',
    dnf: 'python3 make gcc-c++',
    pacman: 'python make gcc',
    apk: 'python3 make g++',
  };
  return installing(thisUser(process.env.PATH ?? ''), names);
}

function nodedirSetting(environment, userHome) {
  const set = environment.npm_config_nodedir || environment.NPM_CONFIG_NODEDIR;
  if (set) return set;
  const file = path.join(userHome, '.npmrc');
  const text = existsSync(file) ? readFileSync(file, 'utf8') : '';
  return /^\s*nodedir\s*=\s*"?([^"\n]+?)"?\s*$/m.exec(text)?.[1];
}

function versionOf(folder) {
  const file = path.join(folder, 'include', 'node', 'node_version.h');
  if (!existsSync(file)) return undefined;
  const text = readFileSync(file, 'utf8');
  return ['MAJOR', 'MINOR', 'PATCH'].map((part) => new RegExp(`NODE_${part}_VERSION (\\d+)`).exec(text)?.[1]).join('.');
}
