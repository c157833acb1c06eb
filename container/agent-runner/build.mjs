// dist/: the runner, each of its programs as few files with all packages in them, because opening a hundred files takes
// longer than anything else of its start. Given a folder that is the runner's place at run time, it also fills V8's cache.
import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const here = path.dirname(fileURLToPath(import.meta.url));
/** Node keeps a cache apart for each user. Runs belong to 1000 or to whoever the host is; any other goes without. */
const uids = [1000, 1001, 1002, 501, 502];

async function buildRunner(dist) {
  // Somebody may be starting from the old one, or building the same.
  const fresh = mkdtempSync(path.join(path.dirname(dist), '.dist-'));
  await build({
    absWorkingDir: here,
    entryPoints: ['src/index.ts', 'src/ipc-mcp-stdio.ts'],
    outdir: fresh,
    bundle: true,
    splitting: true,
    minifyWhitespace: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    logLevel: 'error',
    plugins: [ownPackages],
    // Two of the packages are not modules and ask for Node's own parts.
    banner: { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);" },
  });
  chmodSync(fresh, 0o755);
  replace(dist, fresh);
}

function replace(dist, fresh) {
  const old = `${fresh}-old`;
  try {
    renameSync(dist, old);
  } catch (error) {
    if (error.code !== 'ENOENT') throw error;
  }
  try {
    renameSync(fresh, dist);
  } catch (error) {
    // Somebody else was quicker, with the same.
    if (error.code !== 'ENOTEMPTY' && error.code !== 'EEXIST') throw error;
    rmSync(fresh, { recursive: true });
  }
  rmSync(old, { recursive: true, force: true });
}

/** What protocol/ imports comes from this package too: it stands outside, where other versions lie, or none. */
const ownPackages = {
  name: 'packages of this folder',
  setup({ onResolve, resolve }) {
    onResolve({ filter: /^[^./]/ }, ({ path: name, importer, kind, pluginData }) => {
      if (pluginData === 'asked' || kind === 'entry-point' || importer.includes('node_modules')) return undefined;
      return resolve(name, { importer, kind, resolveDir: here, pluginData: 'asked' });
    });
  },
};

/** `dist` must be where it will be at run time, and this Node the one that will run it. */
function fillCache(dist) {
  const cache = path.join(dist, 'cache');
  mkdirSync(cache);
  const { status } = spawnSync(process.execPath, [path.join(dist, 'index.js'), 'load'], { stdio: 'inherit' });
  if (status !== 0) throw new Error(`the runner cannot be loaded (${status})`);
  const own = `-${process.getuid()}`;
  for (const name of readdirSync(cache)) {
    const common = `${name.slice(0, -own.length)}-any`;
    // Node writes them for its own user alone.
    for (const file of readdirSync(path.join(cache, name))) chmodSync(path.join(cache, name, file), 0o644);
    renameSync(path.join(cache, name), path.join(cache, common));
    for (const uid of uids) symlinkSync(common, path.join(cache, common.replace(/any$/, String(uid))));
  }
}

const [dist = path.join(here, 'dist'), cache] = process.argv.slice(2);
await buildRunner(dist);
if (cache === 'cache') fillCache(dist);
