// `npm run build`: dist/, which bin/nanoclaw.mjs prefers as long as it is what the sources say.
import { cpSync, readdirSync, realpathSync, rmSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { contentHash } from './content-hash.mjs';
import { compile, InstallError, readStamp, writeStamp } from './install.mjs';

const parts = ['src', 'protocol', 'setup'];

/** Compiles the host and copies what is no TypeScript (migrations) beside it. */
export async function buildHost(root, { log }) {
  const dist = path.join(root, 'dist');
  const stamp = sourceStamp(root);
  rmSync(dist, { recursive: true, force: true });
  await compile(root, { log, project: path.join(root, 'tsconfig.build.json'), what: 'the host' });
  for (const part of parts) {
    for (const entry of readdirSync(path.join(root, part), { recursive: true, withFileTypes: true })) {
      if (!entry.isFile() || entry.name.endsWith('.ts')) continue;
      const file = path.join(entry.parentPath, entry.name);
      cpSync(file, path.join(dist, path.relative(root, file)));
    }
  }
  writeStamp(dist, stamp);
}

/** dist/ is there and was made of exactly these sources. */
export function isBuilt(root) {
  const stamp = readStamp(path.join(root, 'dist'));
  return stamp !== undefined && stamp === sourceStamp(root);
}

function sourceStamp(root) {
  const places = [...parts, 'tsconfig.json', 'tsconfig.build.json', 'package-lock.json'];
  return contentHash(
    root,
    places.map((place) => path.join(root, place)),
  );
}

if (realpathSync(process.argv[1] ?? '.') === fileURLToPath(import.meta.url)) {
  try {
    await buildHost(fileURLToPath(new URL('..', import.meta.url)), { log: (line) => console.error(line) });
  } catch (error) {
    if (!(error instanceof InstallError)) throw error;
    console.error(error.message);
    process.exitCode = 1;
  }
}
