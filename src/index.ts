// The host as a process: settings, log, signals. The only file that may exit the process.
import { accessSync, constants, existsSync } from 'node:fs';
import { join } from 'node:path';
import { startApp } from './app.ts';
import {
  buildChannels,
  buildGateway,
  buildSandbox,
  channelSettingNames,
  formerSandbox,
  type Preparer,
} from './build-parts.ts';
import { readConfig } from './config.ts';
import { stayAwake, systemClock } from './lib/clock.ts';
import { createLog, type Log } from './lib/log.ts';
import { LogFile } from './lib/log-file.ts';
import { Outgoing } from './lib/outgoing.ts';
import { placeTrouble } from './lib/place-trouble.ts';
import { hasCode, NanoclawError, sentenceOf } from './model/errors.ts';

export { channelSettingNames, type Preparer, serveRehearsalModel } from './build-parts.ts';
export { settleRuntime } from './settle-runtime.ts';

export interface RunHostOptions {
  readonly checkout: string;
  readonly preparer: Preparer;
  /** It was asked to end before it is ready. What is being prepared ends first; then `runHost` throws `host.stopped`. */
  readonly onStopped: () => void;
  /** Log lines for a person, where nobody else uses the terminal. */
  readonly echo?: ((line: string) => void) | undefined;
}

export interface HostHandle {
  readonly socketPath: string;
  readonly notices: readonly string[];
  /** Running turns get 30 s; with `now` they and all containers are ended at once. Idempotent. */
  stop(now?: boolean): Promise<void>;
  /** Resolves when the host has stopped, whoever asked for it. */
  readonly ended: Promise<void>;
}

/** Starts the host in this process. SIGINT and SIGTERM stop it, a second one ends the process at once. */
export async function runHost(options: RunHostOptions): Promise<HostHandle> {
  const config = readConfig(options.checkout, { channelSettings: await channelSettingNames() });
  const file = openLog(config.home);
  const awake = stayAwake();
  const log = createLog(config.logLevel, { write: (line) => tee(line, file, options.echo) });
  let ready = false;
  let finish: () => void = () => undefined;
  const ended = new Promise<void>((resolve) => {
    finish = resolve;
  });
  let stopping: Promise<void> | undefined;
  const unready = new AbortController();
  const stop = (how: { now: boolean }) => {
    if (!ready && !unready.signal.aborted) {
      options.onStopped();
      unready.abort(new NanoclawError('host.stopped', 'The start was ended before the host was ready.'));
    }
    const stopped = starting.then((app) => app.stop(how));
    // Whoever asks again hurries the same end.
    stopping ??= stopped.finally(() => {
      unwatch();
      outgoing.close();
      log.info('the host has stopped');
      file.close();
      awake[Symbol.dispose]();
      finish();
    });
    return stopping;
  };
  const unwatch = watchProcess(log, () => stop({ now: false }));
  const outgoing = new Outgoing({ clock: systemClock, proxies: config.proxies });
  const channels = buildChannels(config, { clock: systemClock, log, outgoing });
  // Whatever comes first, it is told by `startApp`: unheard until then it would count as an error nobody expected.
  channels.catch(() => undefined);
  const starting = startApp({
    config,
    clock: systemClock,
    log,
    channels,
    gateway: buildGateway(config, { clock: systemClock, log, outgoing }),
    chooseSandbox: async (recorded) => {
      const { signal } = unready;
      const { preparer } = options;
      const chosen = await buildSandbox(config, { clock: systemClock, log, recorded, preparer, signal });
      signal.throwIfAborted();
      return chosen;
    },
    formerSandbox: (runtime) => formerSandbox(runtime, config, systemClock),
    onBroken: (trouble) => die(log, trouble),
    requestStop: (how) => void stop(how).catch((error: unknown) => die(log, error)),
  });
  const app = await starting.catch((error: unknown) => {
    unwatch();
    outgoing.close();
    file.close();
    awake[Symbol.dispose]();
    throw error;
  });
  ready = true;
  return { socketPath: app.socketPath, notices: app.notices, ended, stop: (now = false) => stop({ now }) };
}

/** Where the host itself writes. (`store` is told of by who opens it.) */
const ownFolders = [
  'logs',
  'logs/runs',
  'data',
  'data/ipc',
  'data/sessions',
  'data/spool',
  'data/failed',
  'data/gw',
  'groups',
];

/** The first thing that is written. Where one of the host's own folders cannot be used, nothing begins. */
function openLog(home: string): LogFile {
  let path = join(home, 'logs', 'nanoclaw.log');
  try {
    const log = new LogFile(path);
    for (const folder of ownFolders) {
      path = join(home, folder);
      // What is missing is made when it is needed.
      if (existsSync(path)) accessSync(`${path}/.`, constants.W_OK | constants.X_OK);
    }
    return log;
  } catch (error) {
    throw placeTrouble(error, path) ?? error;
  }
}

function tee(line: string, file: LogFile, echo: ((line: string) => void) | undefined): void {
  file.write(line);
  echo?.(line);
}

function watchProcess(log: Log, stop: () => Promise<void>): () => void {
  let asked = false;
  const onSignal = () => {
    if (asked) process.exit(130);
    asked = true;
    stop().then(
      () => process.exit(),
      (error: unknown) => {
        // Told already, and the process ends by itself with whoever waits for the start.
        if (!hasCode(error, 'host.stopped')) die(log, error);
      },
    );
  };
  // An error nobody expected leaves the host in a state nobody knows: end it, the rows are the truth.
  const onFatal = (error: unknown) => die(log, error);
  process.on('SIGINT', onSignal).on('SIGTERM', onSignal);
  process.on('uncaughtException', onFatal).on('unhandledRejection', onFatal);
  return () => {
    process.off('SIGINT', onSignal).off('SIGTERM', onSignal);
    process.off('uncaughtException', onFatal).off('unhandledRejection', onFatal);
  };
}

function die(log: Log, error: unknown): never {
  if (error instanceof NanoclawError) {
    log.fatal({ err: error }, `the host ends: ${sentenceOf(error)}`);
    process.stderr.write(`The host ends. ${sentenceOf(error)}\n`);
  } else {
    log.fatal({ err: error }, 'the host ends because of an error it did not expect');
    process.stderr.write(
      `The host ends because of an error it did not expect: ${String(error)}. logs/nanoclaw.log has more.\n`,
    );
  }
  process.exit(1);
}
