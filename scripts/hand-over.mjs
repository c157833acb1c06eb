// From the bare command to src/cli: looks at the machine, installs what is missing, builds what is stale. Nothing here
// writes to standard output but what a checkout that is not installed yet can answer: `doctor`, and `stop` of its start.
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { ensureBuilt } from './build.mjs';
import { ensureInstalled, InstallError, isInstalled } from './install.mjs';
import { Progress } from './progress.mjs';
import { askStarting, Starting, whoAnswers } from './starting.mjs';
import { hearStops, stoppedWords } from './stops.mjs';

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const home = path.resolve(process.env.NANOCLAW_HOME || root);

/** Runs one command line; sets `process.exitCode`. */
export async function handOver(argv) {
  const starting = new Starting(new Progress());
  try {
    if (!(await prepare(argv, starting))) return;
    const main = path.join(root, 'dist', 'src', 'cli', 'main.js');
    const cli = await import(pathToFileURL(main).href);
    await cli.main(argv, { checkout: root, starting });
  } finally {
    starting.close();
  }
}

/** False when there is nothing more to do. */
async function prepare(argv, starting) {
  const log = (line) => starting.progress.say(line);
  try {
    const installed = isInstalled(root);
    if (!installed) {
      if (await answersBefore(argv, log)) return false;
      await lookFirst(log);
    }
    if (startsHost(argv) && !(await comesFirst(argv, { starting, log }))) return false;
    if (!installed && !(await install(starting.progress, log))) return false;
    await ensureBuilt(root, { log });
    return true;
  } catch (error) {
    // What was thrown before the packages were there is already a sentence.
    if (!(error instanceof InstallError)) throw error;
    log(error.message);
    process.exitCode = 1;
    return false;
  }
}

/** False when it was stopped. */
async function install(progress, log) {
  const stopping = new AbortController();
  const unhear = hearStops(() => {
    log(stoppedWords);
    stopping.abort();
  });
  try {
    await ensureInstalled(root, { log, begin: (step) => progress.begin(step), signal: stopping.signal });
    return true;
  } catch (error) {
    if (!stopping.signal.aborted) throw error;
    process.exitCode = 130;
    return false;
  } finally {
    unhear();
  }
}

/** A host of its own that is begun beside a chat is told about by the chat. */
function startsHost(argv) {
  return argv[0] === 'start' && !argv.some((word) => word === '--help' || word === '-h') && process.send === undefined;
}

/** One start at a time in a home; a second one waits for the first, and joins its host. */
async function comesFirst(argv, { starting, log }) {
  const other = await askStarting(home);
  // What goes on may be a start that only joins a host that runs: then the start itself says so.
  if (other && argv.includes('--no-chat') && (await whoAnswers(path.join(home, 'data', 'admin.sock'))) !== 'somebody') {
    return notNow(other, { log, exitCode: 1 });
  }
  if (other) {
    log(`${other.says}. Waiting for it …`);
    const end = starting.progress.begin('waiting for the host to start');
    await other.ended.finally(end);
  }
  await starting.announce(home);
  return true;
}

async function lookFirst(log) {
  const { preflight, inWords } = await import('./preflight.mjs');
  const findings = (await preflight(root)).filter(({ state }) => state !== 'ok');
  const problems = findings.filter(({ state }) => state === 'problem');
  if (findings.length > 0) log(inWords(findings));
  if (problems.length === 0) return;
  const count = problems.length === 1 ? 'one problem' : `${problems.length} problems`;
  throw new InstallError(`Nothing was installed because of ${count}, see above (✗). Fix that, then run this again.`);
}

/** What can be said while nothing is installed yet, or is just being installed. */
async function answersBefore([command, ...words], log) {
  if (!['doctor', 'status', 'stop'].includes(command)) return false;
  const other = await askStarting(home);
  if (command === 'doctor') {
    await examine(words.includes('--json'), other);
    other?.leave();
    return true;
  }
  if (!other) return false;
  if (command === 'stop') {
    other.stop();
    await other.ended;
    process.stdout.write('Stopped.\n');
    return true;
  }
  notNow(other, { log, exitCode: 3 });
  return true;
}

function notNow(other, { log, exitCode }) {
  other.leave();
  log(`nanoclaw: ${other.says}. Wait for it, or end it: ./nanoclaw stop.`);
  process.exitCode = exitCode;
  return false;
}

/** `doctor` before anything is installed: the machine alone. */
async function examine(json, starting) {
  const { preflight, inWords } = await import('./preflight.mjs');
  const findings = await preflight(root);
  if (starting) findings.push({ check: 'host', title: 'Host', state: 'ok', says: starting.says });
  const hint = starting ? '' : 'NanoClaw is not installed here yet: ./nanoclaw start installs it.\n';
  process.stdout.write(json ? `${JSON.stringify(findings, null, 2)}\n` : `${inWords(findings)}\n${hint}`);
  if (findings.some(({ state }) => state === 'problem')) process.exitCode = 1;
}
