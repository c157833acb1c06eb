#!/usr/bin/env node
// The command. Needs nothing but Node: installs what is missing, then hands over to src/cli. Never writes to stdout itself.
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const log = (line) => process.stderr.write(`${line}\n`);

const [major, minor] = process.versions.node.split('.').map(Number);
if (major < 20 || (major === 20 && minor < 19)) {
  log(`NanoClaw needs Node 20.19 or newer; this is ${process.versions.node}. Install one from https://nodejs.org.`);
  process.exitCode = 1;
} else {
  try {
    await handOver();
  } catch (error) {
    // What was thrown before the packages were there is already a sentence.
    if (error?.constructor?.name !== 'InstallError') throw error;
    log(error.message);
    process.exitCode = 1;
  }
}

async function handOver() {
  const { ensureInstalled } = await import('../scripts/install.mjs');
  await ensureInstalled(root, { log });
  const { ensureBuilt } = await import('../scripts/build.mjs');
  await ensureBuilt(root, { log });
  const main = path.join(root, 'dist', 'src', 'cli', 'main.js');
  const cli = await import(pathToFileURL(main).href);
  await cli.main(process.argv.slice(2), { checkout: root });
}
