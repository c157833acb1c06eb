// `npm test`: works on a fresh clone, runs every check and test, ends with `N passed, N failed`.
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { filesIn, sourceFolders } from './checks/files.mjs';
import { ensureBubblewrap } from './tests/bubblewrap.mjs';
import { endPrograms, run } from './tests/programs.mjs';
import { runVitest } from './tests/vitest.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const log = (line) => console.log(line);
const onCi = ['true', '1'].includes(process.env.CI ?? '');

/**
 * Part → what it returns: `{passed, failed, files?}`. In the order of the run. `needs` are run before it by --part; what is
 * `within` another part is run by that one, and by itself only when it is asked for.
 */
const parts = {
  install: { needs: [], run: install },
  check: { needs: ['install'], run: check },
  unit: { needs: ['install'], run: unit },
  image: { needs: [], run: image },
  processes: { needs: ['install', 'image'], run: processes },
  container: { needs: ['install', 'image'], run: container, within: 'processes' },
  attacks: { needs: ['install', 'image'], run: attacks, within: 'processes' },
  crash: { needs: ['install', 'image'], run: crash, within: 'processes' },
  long: { needs: ['install', 'image'], run: long },
};

/** What this machine lacks, said once while running and again at the end. */
const notRun = [];
const machine = { engine: undefined, bubblewrap: undefined };

async function main() {
  const { values } = parseArgs({ options: { part: { type: 'string' } } });
  if (values.part !== undefined && !(values.part in parts)) {
    console.error(`There is no part "${values.part}"; there are: ${Object.keys(parts).join(', ')}.`);
    process.exitCode = 2;
    return;
  }
  const chosen = values.part
    ? Object.keys(parts).filter((name) => name === values.part || parts[values.part].needs.includes(name))
    : Object.keys(parts).filter((name) => name !== 'long' && parts[name].within === undefined);
  const results = [];
  for (const name of chosen) {
    const result = await timedPart(name);
    results.push(result);
    if (result.hopeless) return report(results);
  }
  if (!values.part) results.push(forgottenTests(results));
  report(results);
}

async function timedPart(name) {
  log(`\n── ${name}`);
  const startedAt = performance.now();
  const result = await parts[name].run().catch((error) => {
    log(`✗ ${name} broke: ${error.stack ?? error}`);
    return { passed: 0, failed: 1 };
  });
  return { files: [], ...result, name, seconds: (performance.now() - startedAt) / 1000 };
}

async function install() {
  const { ensureInstalled, ensureRunner, InstallError } = await import('./install.mjs');
  const step = async (name, work) => {
    const failure = await work().catch((error) => error);
    if (failure === undefined) return { passed: 1, failed: 0 };
    log(`✗ ${name}: ${failure instanceof InstallError ? failure.message : (failure.stack ?? failure)}`);
    return { passed: 0, failed: 1 };
  };
  // Side by side: one compiles for a minute, the other downloads and unpacks.
  const [packages, runner] = await Promise.all([
    step('the packages', () => ensureInstalled(root, { log })),
    step('the agent runner', () => ensureRunner(root, { log })),
  ]);
  const { passed, failed } = { passed: packages.passed + runner.passed, failed: packages.failed + runner.failed };
  return packages.failed > 0 ? { passed, failed, hopeless: true } : { passed, failed };
}

async function check() {
  const { runChecks } = await import('./check.mjs');
  return await runChecks(root, { log });
}

async function unit() {
  return await runVitest(root, await sandboxed(['unit'], ['flow']), { workers: 3 });
}

async function image() {
  if (!(await engine())) return { passed: 0, failed: 0 };
  const code = await run('bash', ['container/build.sh'], { cwd: root, minutes: 60 });
  log(code === 0 ? '✓ the agent image is built' : `✗ container/build.sh ended with ${code}`);
  return code === 0 ? { passed: 1, failed: 0 } : { passed: 0, failed: 1 };
}

/** What starts processes and waits for them, in one run: while one test waits another works. */
async function processes() {
  return await waiting(['container', 'crash-engine'], ['contracts', 'attacks', 'crash']);
}

async function container() {
  return await waiting(['container'], ['contracts']);
}

async function attacks() {
  return await waiting([], ['attacks']);
}

async function crash() {
  return await waiting(['crash-engine'], ['crash']);
}

async function waiting(inEngine, inSandbox) {
  const withEngine = await engine();
  if (withEngine) await podman();
  return await runVitest(root, await sandboxed(withEngine ? inEngine : [], inSandbox), { workers: 3 });
}

async function long() {
  return await runVitest(root, await sandboxed([], ['long']), { minutes: 12 * 60 });
}

/** `always`, and `inSandbox` where the local sandbox can be had. */
async function sandboxed(always, inSandbox) {
  machine.bubblewrap ??= await ensureBubblewrap({ log });
  if (machine.bubblewrap.ok) return [...always, ...inSandbox];
  lacks(`the tests of ${inSandbox.join(', ')}`, machine.bubblewrap);
  return always;
}

async function engine() {
  if (machine.engine === undefined) {
    const { ensureEngine } = await import('./engine.mjs');
    machine.engine = await ensureEngine({ log });
    if (!machine.engine.ok) lacks('the image and the container tests', machine.engine);
  }
  return machine.engine.ok;
}

/** Its tests are among the container tests, and say for themselves that they were not run. */
async function podman() {
  const { ensurePodman } = await import('./engine.mjs');
  const found = ensurePodman({ log });
  if (!found.ok) lacks('the podman tests', found);
}

function lacks(what, { why, cure }) {
  const line = `NOT RUN: ${what}. ${why} ${cure}`;
  if (notRun.includes(line)) return;
  notRun.push(line);
  log(`\n!!! ${line}\n`);
}

/** A test file that no project includes is never red; so it is counted as failed. */
function forgottenTests(results) {
  const ran = new Set(results.flatMap(({ files }) => files));
  const excused = [
    [/^test\/long\//],
    machine.engine?.ok ? [] : [/^test\/container\//, /\.engine\.test\.ts$/],
    machine.bubblewrap?.ok ? [] : [/^test\/(flow|contracts|attacks|crash|long)\//],
  ].flat();
  const forgotten = sourceFolders
    .flatMap((folder) => filesIn(root, folder, /\.test\.ts$/))
    .filter((file) => !ran.has(file) && !excused.some((pattern) => pattern.test(file)));
  for (const file of forgotten) log(`✗ ${file} was not run by any part`);
  const passed = forgotten.length === 0 ? 1 : 0;
  return { name: 'no test file forgotten', passed, failed: forgotten.length, seconds: 0 };
}

function report(results) {
  log('\npart                     passed  failed    seconds');
  for (const { name, passed, failed, seconds } of results) {
    const numbers = [String(passed).padStart(6), String(failed).padStart(6), seconds.toFixed(1).padStart(9)];
    log(`${name.padEnd(23)}  ${numbers.join('  ')}`);
  }
  for (const name of results.flatMap(({ red = [] }) => red)) log(`\n✗ ${name}`);
  for (const line of notRun) log(`\n!!! ${line}`);
  const sum = (key) => results.reduce((total, result) => total + result[key], 0);
  // On CI a machine that lacks something is a broken machine, not a reason to test less.
  const failed = sum('failed') + (onCi ? notRun.length : 0);
  process.exitCode = failed === 0 ? 0 : 1;
  log(`\n${sum('passed')} passed, ${failed} failed`);
}

for (const [signal, code] of [
  ['SIGINT', 130],
  ['SIGTERM', 143],
  ['SIGHUP', 129],
]) {
  process.once(signal, () => {
    endPrograms();
    process.exit(code);
  });
}
process.chdir(path.resolve(root));
await main();
