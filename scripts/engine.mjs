#!/usr/bin/env node
// Makes sure that a Docker Engine answers, and that podman works. One that runs is never stopped or restarted; what is
// started or installed here stays.
import { spawn, spawnSync } from 'node:child_process';
import { closeSync, existsSync, mkdtempSync, openSync, readFileSync, realpathSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const socketPath = '/var/run/docker.sock';
const pidFile = '/var/run/docker.pid';
const installMs = 10 * 60_000;
const startMs = 60_000;
// Where dockerd and iptables live, even when root's PATH came from an ordinary user.
const env = { ...process.env, PATH: `${process.env.PATH}:/usr/local/sbin:/usr/sbin:/sbin` };

/**
 * @param {{ log?: (line: string) => void }} options
 * @returns {Promise<{ ok: true, started: boolean } | { ok: false, why: string, cure: string }>}
 */
export async function ensureEngine({ log = () => undefined } = {}) {
  if (engineAnswers()) return { ok: true, started: false };
  const elsewhere = namedElsewhere();
  if (elsewhere) return no(`The engine named by ${elsewhere} does not answer.`, 'Start it, or unset that setting.');
  if (process.platform !== 'linux') return no('No container engine answers.', 'Start Docker Desktop, then try again.');
  const socketAnswers = await answers(socketPath);
  if (process.getuid() !== 0) return withoutRoot(socketAnswers);

  const missing = missingPackages(socketAnswers);
  if (missing.length > 0) {
    if (!has('apt-get')) return no(`${missing.join(' and ')} not installed.`, 'Install Docker Engine and start it.');
    log(`engine: installing ${missing.join(' and ')} with apt-get`);
    if (!install(missing)) {
      return no(
        'apt-get could not install Docker.',
        `Check the network, then run as root: apt-get update && apt-get install ${missing.join(' ')}`,
      );
    }
    if (await becomesReady(2_000)) return started(log, 'systemctl stop docker');
  }
  if (engineAnswers()) return { ok: true, started: false };
  if (socketAnswers)
    return no('An engine runs, but the docker client cannot use it.', 'Run "docker info" and fix what it names.');
  return await start(log);
}

/**
 * Podman needs no daemon: installed and able to say what it is, it works.
 * @param {{ log?: (line: string) => void }} options
 * @returns {{ ok: true } | { ok: false, why: string, cure: string }}
 */
export function ensurePodman({ log = () => undefined } = {}) {
  // catatonit is its init. With runc there, it does not take crun, which refuses a mixed hierarchy of cgroups.
  const missing = ['podman', 'catatonit', 'runc'].filter((program) => !has(program));
  if (missing.length > 0) {
    const cure = `Run: sudo apt-get install -y ${missing.join(' ')}`;
    if (process.platform !== 'linux' || process.getuid() !== 0 || !has('apt-get')) {
      return no(`${missing.join(' and ')} not installed.`, cure);
    }
    log(`engine: installing ${missing.join(' and ')} with apt-get`);
    if (!install(missing)) return no('apt-get could not install podman.', `Check the network. ${cure}`);
  }
  const asked = spawnSync('podman', ['info'], { env, encoding: 'utf8', timeout: 30_000 });
  if (asked.status === 0) return { ok: true };
  return no(
    `podman does not work: ${(asked.stderr ?? '').trim().split('\n').at(-1)}`,
    'Run "podman info" and fix what it names.',
  );
}

async function start(log) {
  if (existsSync('/run/systemd/system') && has('systemctl')) {
    log('engine: starting docker.service');
    spawnSync('systemctl', ['start', 'docker'], { env, stdio: 'ignore', timeout: startMs });
    if (await becomesReady(startMs)) return started(log, 'systemctl stop docker');
    return no('docker.service does not start.', 'Read: journalctl -u docker -n 50');
  }
  const running = livingDaemon();
  if (running) {
    log(`engine: dockerd ${running} runs already, waiting for it`);
    if (await becomesReady(startMs)) return { ok: true, started: false };
    return no(`dockerd ${running} runs and does not answer.`, `Stop it (kill ${running}), then try again.`);
  }
  const logFile = path.join(mkdtempSync(path.join(tmpdir(), 'nanoclaw-engine-')), 'dockerd.log');
  log(`engine: starting dockerd, log in ${logFile}`);
  const output = openSync(logFile, 'a', 0o600);
  const child = spawn('dockerd', [], { env, cwd: '/', detached: true, stdio: ['ignore', output, output] });
  closeSync(output);
  let ended;
  child.once('error', (error) => {
    ended = error.message;
  });
  child.once('exit', (code, signal) => {
    ended = `it ended with ${code ?? signal}`;
  });
  child.unref();
  if (await becomesReady(startMs, () => ended)) return started(log, `kill ${child.pid}`);
  if (!ended) process.kill(child.pid, 'SIGTERM');
  const reason = lastError(logFile) ?? ended ?? `no answer within ${startMs / 1000} s`;
  return no(
    `dockerd does not start here: ${reason}.`,
    `Read ${logFile}; a container without privileges cannot run one.`,
  );
}

function started(log, stop) {
  log(`engine: a Docker Engine runs now. To stop it: ${stop}`);
  return { ok: true, started: true };
}

function no(why, cure) {
  return { ok: false, why, cure };
}

function withoutRoot(socketAnswers) {
  if (socketAnswers && !has('docker')) {
    return no('An engine runs, but there is no docker client.', 'Run: sudo apt-get install -y docker.io');
  }
  if (has('dockerd') && existsSync(socketPath)) {
    return no(
      'This user may not use the Docker Engine, or it is not running.',
      'Run: sudo usermod -aG docker "$USER" && sudo systemctl start docker, then log in again.',
    );
  }
  return no(
    'No Docker Engine answers.',
    'Run: sudo apt-get install -y docker.io iptables && sudo usermod -aG docker "$USER", then log in again.',
  );
}

/** Asks through the client, because contexts and DOCKER_HOST are its affair. */
function engineAnswers() {
  const format = ['version', '--format', '{{.Server.Version}}'];
  const { status, stdout } = spawnSync('docker', format, { env, encoding: 'utf8', timeout: 10_000 });
  return status === 0 && stdout.trim() !== '';
}

/** DOCKER_HOST or a chosen context: an engine that is not ours to install. */
function namedElsewhere() {
  if (process.env.DOCKER_HOST && process.env.DOCKER_HOST !== `unix://${socketPath}`) return 'DOCKER_HOST';
  const { stdout } = spawnSync('docker', ['context', 'show'], { env, encoding: 'utf8' });
  const context = process.env.DOCKER_CONTEXT ?? (stdout ?? '').trim();
  return context && context !== 'default' ? `the docker context ${context}` : undefined;
}

/** Debian keeps the client in docker.io up to release 12, in docker-cli after that. */
function missingPackages(socketAnswers) {
  const client = has('docker') ? [] : [inApt('docker-cli') ? 'docker-cli' : 'docker.io'];
  if (socketAnswers) return client;
  const daemon = has('dockerd') ? [] : ['docker.io'];
  const firewall = has('iptables') ? [] : ['iptables'];
  return [...new Set([...daemon, ...client, ...firewall])];
}

function install(packages) {
  const apt = (...args) =>
    spawnSync('apt-get', args, {
      env: { ...env, DEBIAN_FRONTEND: 'noninteractive' },
      stdio: ['ignore', 'ignore', 'inherit'],
      timeout: installMs,
    }).status === 0;
  const packagesIn = () => apt('install', '-y', '-qq', '--no-install-recommends', ...packages);
  if (packages.every(inApt) && packagesIn()) return true;
  if (!apt('update', '-qq')) return false;
  if (!has('docker') && inApt('docker-cli') && !packages.includes('docker-cli')) packages.push('docker-cli');
  return packagesIn();
}

function inApt(name) {
  const { stdout } = spawnSync('apt-cache', ['policy', name], { env: { ...env, LC_ALL: 'C' }, encoding: 'utf8' });
  return /Candidate: (?!\(none\))/.test(stdout ?? '');
}

function has(program) {
  return spawnSync('sh', ['-c', `command -v ${program}`], { env, stdio: 'ignore' }).status === 0;
}

function livingDaemon() {
  try {
    const pid = Number(readFileSync(pidFile, 'utf8'));
    return readFileSync(`/proc/${pid}/comm`, 'utf8').startsWith('dockerd') ? pid : undefined;
  } catch {
    return undefined;
  }
}

async function becomesReady(withinMs, ended = () => undefined) {
  const deadline = Date.now() + withinMs;
  while (Date.now() < deadline && !ended()) {
    if ((await answers(socketPath)) && engineAnswers()) return true;
    await sleep(100);
  }
  return false;
}

function answers(socket) {
  return new Promise((resolve) => {
    const connection = connect(socket);
    connection.setTimeout(2_000, () => connection.destroy());
    connection.once('connect', () => connection.write('GET /_ping HTTP/1.0\r\n\r\n'));
    connection.once('data', () => {
      resolve(true);
      connection.destroy();
    });
    connection.once('error', () => resolve(false));
    connection.once('close', () => resolve(false));
  });
}

function lastError(file) {
  const lines = readFileSync(file, 'utf8').trim().split('\n');
  const failed = lines.findLast((line) => /failed to start daemon|level=(fatal|error)|permission denied/i.test(line));
  return failed?.replace(/^time="[^"]*" level=\w+ msg=/, '').slice(0, 300);
}

if (process.argv[1] && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) {
  const outcome = await ensureEngine({ log: (line) => console.log(line) });
  if (!outcome.ok) {
    console.error(`${outcome.why} ${outcome.cure}`);
    process.exitCode = 1;
  } else if (!outcome.started) {
    console.log('engine: a Docker Engine runs already');
  }
  const podman = ensurePodman({ log: (line) => console.log(line) });
  if (podman.ok) console.log('engine: podman works');
  else console.error(`${podman.why} ${podman.cure}`);
}
