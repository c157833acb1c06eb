// The host as a process: settings, log, signals. The only file that may exit the process.
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
import { hasCode, NanoclawError, systemCode } from './model/errors.ts';

export { channelSettingNames, type Preparer, serveRehearsalModel } from './build-parts.ts';
export { settleRuntime } from './settle-runtime.ts';

export interface RunHostOptions {
  readonly checkout: string;
  readonly preparer: Preparer;
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
  let finish: () => void = () => undefined;
  const ended = new Promise<void>((resolve) => {
    finish = resolve;
  });
  let stopping: Promise<void> | undefined;
  const stop = (how: { now: boolean }) => {
    const stopped = starting.then(
      (app) => app.stop(how),
      (error: unknown) => Promise.reject(calledOff(error)),
    );
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
    chooseSandbox: (recorded) =>
      buildSandbox(config, { clock: systemClock, log, recorded, preparer: options.preparer }),
    formerSandbox: (runtime) => formerSandbox(runtime, config, systemClock),
    requestStop: (how) => void stop(how).catch((error: unknown) => die(log, error)),
  });
  const app = await starting.catch((error: unknown) => {
    unwatch();
    outgoing.close();
    file.close();
    awake[Symbol.dispose]();
    throw stopping !== undefined ? calledOff(error) : error;
  });
  return { socketPath: app.socketPath, notices: app.notices, ended, stop: (now = false) => stop({ now }) };
}

/** Whoever ends a start ends what it had begun too (an image that is being built): that is no failure of its own. */
function calledOff(cause: unknown): NanoclawError {
  return new NanoclawError('host.called-off', 'The start was called off.', { cause });
}

/** The first thing that is written: where that cannot be, nothing of this home can. */
function openLog(home: string): LogFile {
  try {
    return new LogFile(join(home, 'logs', 'nanoclaw.log'));
  } catch (error) {
    const where = join(home, 'logs');
    throw new NanoclawError('home.not-writable', `${where} cannot be written by this user (${systemCode(error)}).`, {
      cure: 'Put your data elsewhere: export NANOCLAW_HOME="$HOME/nanoclaw-data", then start again.',
      cause: error,
    });
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
      // Told by whoever waits for the start.
      (error: unknown) => hasCode(error, 'host.called-off') || die(log, error),
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
  log.fatal({ err: error }, 'the host ends because of an error it did not expect');
  process.stderr.write(
    `The host ends because of an error it did not expect: ${String(error)}. logs/nanoclaw.log has more.\n`,
  );
  process.exit(1);
}
