// dist/: what bin/nanoclaw.mjs runs. Made anew, in about a second, whenever it is not what the sources say.
import {
  chmodSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { contentHash } from './content-hash.mjs';
import { InstallError, readStamp, writeStamp } from './install.mjs';
import { holdInstallLock } from './install-lock.mjs';

const parts = ['src', 'protocol', 'setup'];
/** Of scripts/, what the sources import. */
const bundled = [
  ...['build', 'content-hash', 'install', 'install-lock', 'install-problems', 'own-group', 'preflight', 'progress'],
  ...['starting', 'stops'],
];
/** The command, and what its rooms find by folder. */
const entries = [
  /^src\/cli\/(main|commands\/[^/]+)\.ts$/,
  /^src\/channels\/[^/]+\/(manifest|channel)\.ts$/,
  /^src\/tools\/[^/]+\.ts$/,
];
/** Found next to their own files at run time, so they stay where they are. */
const notBundled = ['better-sqlite3', 'esbuild'];

/** Brings `root/dist` to what the sources say; silent when it is. One at a time: nobody sees it while it is exchanged for the same. */
export async function ensureBuilt(root, { log }) {
  const dist = path.join(root, 'dist');
  const stamp = sourceStamp(root);
  if (readStamp(dist) === stamp) return;
  const lock = await holdInstallLock(root, { log });
  try {
    // Whoever held it may have done it.
    if (readStamp(dist) !== stamp) await buildAnew(root, { dist, stamp, log });
  } finally {
    lock.release();
  }
}

async function buildAnew(root, { dist, stamp, log }) {
  log('Building the host …');
  removeBroken(root);
  const fresh = makeFolder(root);
  try {
    const { build } = await import('esbuild');
    const imported = await buildSources(build, root, fresh);
    await buildPackages(build, imported, fresh);
    writeStamp(fresh, stamp);
    replace(dist, fresh);
  } finally {
    rmSync(fresh, { recursive: true, force: true });
  }
}

/** Has `root/dist` what the sources say? */
export function isBuilt(root) {
  return readStamp(path.join(root, 'dist')) === sourceStamp(root);
}

/** What a build that was ended has left. */
function removeBroken(root) {
  for (const name of readdirSync(root)) {
    if (name.startsWith('.dist-')) rmSync(path.join(root, name), { recursive: true, force: true });
  }
}

function makeFolder(root) {
  try {
    const folder = mkdtempSync(path.join(root, '.dist-'));
    // Such folders are private; this one is for whoever may use the checkout.
    chmodSync(folder, 0o755);
    return folder;
  } catch (error) {
    const cure = 'Run this once as its owner, or make a clone of your own.';
    throw new InstallError(`The host has to be built, and ${root} cannot be written (${error.code}). ${cure}`, {
      cause: error,
    });
  }
}

function sourceStamp(root) {
  const places = [...parts, 'package-lock.json', ...bundled.map((one) => `scripts/${one}.mjs`), 'scripts/preflight'];
  return contentHash(
    root,
    places.map((place) => path.join(root, place)),
  );
}

/**
 * What rooms find by folder at run time keeps its place and name. All else goes into as few files as those need: opening
 * and compiling three hundred would take longer than all else of a start. Returns what they import of packages (`zod`,
 * `grammy/web`).
 */
async function buildSources(build, root, fresh) {
  const sources = parts.flatMap((part) => filesIn(root, part));
  const imported = new Set();
  await run(build, {
    absWorkingDir: root,
    entryPoints: sources.filter((file) => entries.some((entry) => entry.test(file)) && !file.endsWith('.test.ts')),
    outbase: root,
    outdir: fresh,
    splitting: true,
    chunkNames: 'shared/[name]-[hash]',
    plugins: [fromPackages(imported), knowsItsPlace(root)],
  });
  writeFileSync(
    path.join(fresh, 'package.json'),
    JSON.stringify({ type: 'module', imports: { '#dist': './dist.js' } }),
  );
  writeFileSync(path.join(fresh, 'dist.js'), 'export default import.meta.url;\n');
  for (const file of sources.filter((one) => !one.endsWith('.ts'))) {
    cpSync(path.join(root, file), path.join(fresh, file));
  }
  return [...imported].filter((name) => !name.startsWith('node:') && !notBundled.includes(name));
}

function filesIn(root, part) {
  return readdirSync(path.join(root, part), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.relative(root, path.join(entry.parentPath, entry.name)));
}

/** A file that looks beside itself finds there what its source finds, in whichever file of dist/ its code has come to stand. */
function knowsItsPlace(root) {
  const load = ({ path: file }) => {
    const source = readFileSync(file, 'utf8');
    if (!source.includes('import.meta.url')) return undefined;
    const place = JSON.stringify(path.relative(root, file).replace(/\.ts$/, '.js'));
    const contents = source.replaceAll('import.meta.url', `new URL(${place}, dist).href`);
    return { contents: `import dist from '#dist';${contents}`, loader: 'ts' };
  };
  return { name: 'knows its place', setup: (build) => build.onLoad({ filter: /\.ts$/ }, load) };
}

function fromPackages(imported) {
  const resolve = ({ path: name, kind }) => {
    if (kind === 'entry-point') return undefined;
    if (!name.startsWith('#')) imported.add(name);
    return { path: name, external: true };
  };
  return { name: 'from packages', setup: (build) => build.onResolve({ filter: /^[^./]/ }, resolve) };
}

/**
 * Each package as one file, where Node looks first: opening its hundred files would take longer than all else of a start.
 * In one run, so that packages which use each other share what they share. Optional ones that are not installed are left out.
 */
async function buildPackages(build, imported, fresh) {
  const facades = path.join(fresh, 'facades');
  const modules = path.join(fresh, 'node_modules');
  const exportsOf = new Map();
  const entryPoints = {};
  mkdirSync(facades);
  for (const name of imported) {
    const names = await namesIn(name);
    if (!names) continue;
    const [, folder, part] = /^((?:@[^/]+\/)?[^/]+)\/?(.*)$/.exec(name);
    const file = path.join(facades, `${name.replaceAll('/', '+')}.mjs`);
    writeFileSync(file, facade(name, names));
    entryPoints[`${folder}/${part || 'index'}`] = file;
    const known = exportsOf.get(folder) ?? {};
    exportsOf.set(folder, { ...known, [part ? `./${part}` : '.']: `./${part || 'index'}.js` });
  }
  await run(build, {
    entryPoints,
    outdir: modules,
    splitting: true,
    minifyWhitespace: true,
    plugins: [inEnglish],
    banner: { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);" },
  });
  rmSync(facades, { recursive: true });
  for (const [folder, exports] of exportsOf) {
    writeFileSync(path.join(modules, folder, 'package.json'), JSON.stringify({ type: 'module', exports }));
  }
}

/** Zod brings its messages in fifty languages, half of its size; it speaks English to us, and imports that by itself. */
const inEnglish = {
  name: 'in English',
  setup(build) {
    build.onLoad({ filter: /[\\/]zod[\\/]v4[\\/]locales[\\/]index\.js$/ }, () => ({ contents: 'export {};' }));
  },
};

async function namesIn(name) {
  try {
    return Object.keys(await import(name));
  } catch (error) {
    if (error.code === 'ERR_MODULE_NOT_FOUND') return undefined;
    throw error;
  }
}

/** Every name that Node sees in the package, of whichever kind of module it is. */
function facade(name, names) {
  return [
    `import * as all from ${JSON.stringify(name)};`,
    ...names.map((one, index) => `const v${index} = all[${JSON.stringify(one)}];`),
    `export { ${names.map((one, index) => `v${index} as ${JSON.stringify(one)}`).join(', ')} };`,
  ].join('\n');
}

async function run(build, options) {
  try {
    await build({ bundle: true, format: 'esm', platform: 'node', target: 'node20', logLevel: 'silent', ...options });
  } catch (error) {
    throw new InstallError(`Building the host failed:\n${error.message}`, { cause: error });
  }
}

// A folder cannot be replaced in one step; who comes between the two finds none, and waits for us to end.
function replace(dist, fresh) {
  const old = `${fresh}-old`;
  try {
    renameSync(dist, old);
  } catch (error) {
    if (error.code !== 'ENOENT') throw error;
  }
  renameSync(fresh, dist);
  rmSync(old, { recursive: true, force: true });
}
