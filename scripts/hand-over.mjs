// From the bare command to src/cli: looks at the machine, installs what is missing, builds what is stale. Nothing here
// writes to standard output but the doctor of a checkout that is not installed yet.
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { ensureBuilt } from './build.mjs';
import { ensureInstalled, InstallError, isInstalled } from './install.mjs';

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const log = (line) => process.stderr.write(`${line}\n`);

/** Runs one command line; sets `process.exitCode`. */
export async function handOver(argv) {
  try {
    if (!isInstalled(root)) {
      if (argv[0] === 'doctor') return await examine(argv.includes('--json'));
      await lookFirst();
    }
    await ensureInstalled(root, { log });
    await ensureBuilt(root, { log });
  } catch (error) {
    // What was thrown before the packages were there is already a sentence.
    if (!(error instanceof InstallError)) throw error;
    log(error.message);
    process.exitCode = 1;
    return;
  }
  const main = path.join(root, 'dist', 'src', 'cli', 'main.js');
  const cli = await import(pathToFileURL(main).href);
  await cli.main(argv, { checkout: root });
}

async function lookFirst() {
  const { preflight, inWords } = await import('./preflight.mjs');
  const findings = (await preflight(root)).filter(({ state }) => state !== 'ok');
  const problems = findings.filter(({ state }) => state === 'problem');
  if (findings.length > 0) log(inWords(findings));
  if (problems.length === 0) return;
  const count = problems.length === 1 ? 'one problem' : `${problems.length} problems`;
  throw new InstallError(`Nothing was installed because of ${count}, see above (✗). Fix that, then run this again.`);
}

/** `doctor` before anything is installed: the machine alone. */
async function examine(json) {
  const { preflight, inWords } = await import('./preflight.mjs');
  const findings = await preflight(root);
  const hint = 'NanoClaw is not installed here yet: ./nanoclaw start installs it.';
  process.stdout.write(json ? `${JSON.stringify(findings, null, 2)}\n` : `${inWords(findings)}\n${hint}\n`);
  if (findings.some(({ state }) => state === 'problem')) process.exitCode = 1;
}
