// Which gateway and which sandbox this host gets, from its settings and what an earlier start recorded.
import { realpathSync } from 'node:fs';
import { join } from 'node:path';
import type { Channel } from './channels/channel.ts';
import { loadChannels, readManifests } from './channels/index.ts';
import type { Config } from './config.ts';
import { EmbeddedGateway } from './gateway/embedded/gateway.ts';
import type { Gateway } from './gateway/gateway.ts';
import { createRehearsal } from './gateway/rehearsal/rehearsal.ts';
import { serveRehearsal } from './gateway/rehearsal/serve.ts';
import { chatCommands } from './inbound/commands.ts';
import type { Clock } from './lib/clock.ts';
import type { Log } from './lib/log.ts';
import type { Outgoing } from './lib/outgoing.ts';
import { hasCode } from './model/errors.ts';
import { AppleSandbox } from './sandbox/apple.ts';
import { chooseRuntime, type RuntimeChoice } from './sandbox/choose.ts';
import { ContainerSandbox } from './sandbox/container-cli.ts';
import { programIn } from './sandbox/cures.mjs';
import { docker, podmanHere } from './sandbox/dialects.ts';
import { clientEnvironment } from './sandbox/engine-client.ts';
import { LocalSandbox, localProgram } from './sandbox/local.ts';
import { type RuntimeName, runtimeNames, type Sandbox } from './sandbox/sandbox.ts';

interface BuildParts {
  readonly clock: Clock;
  readonly log: Log;
}

/** Every name a channel has a setting under. */
export async function channelSettingNames(): Promise<string[]> {
  const manifests = await readManifests();
  return manifests.flatMap((manifest) => Object.keys(manifest.settings.shape));
}

/** The platforms this home has credentials for. */
export async function buildChannels(
  config: Config,
  { outgoing, ...parts }: BuildParts & { outgoing: Outgoing },
): Promise<readonly Channel[]> {
  const setting = (name: string) => config.channelSettings.get(name)?.open();
  const { channels, skipped } = await loadChannels({
    ...parts,
    setting,
    placeOf: config.placeOf,
    agentFor: (url) => outgoing.agentFor(url),
    commands: chatCommands,
  });
  for (const { name, missing } of skipped) {
    parts.log.info(
      { channel: name, missing },
      `the channel ${name} is not configured: ${missing.join(', ')} is not set`,
    );
  }
  // The terminal is the host's own, always there.
  return channels.all().filter((channel) => channel.name !== 'terminal');
}

/** Without a credential the rehearsal model stands in, behind the same door. */
export function buildGateway(config: Config, parts: BuildParts & { outgoing: Outgoing }): Gateway {
  const { credential, upstreamUrl } = config;
  if (credential) {
    return new EmbeddedGateway({ upstream: { kind: 'anthropic', baseUrl: upstreamUrl, credential }, ...parts });
  }
  return new EmbeddedGateway({
    upstream: { kind: 'rehearsal', handler: createRehearsal({ remember: 0 }).handle },
    ...parts,
  });
}

/** The rehearsal model on a loopback port, for whoever wants to point something at it. */
export function serveRehearsalModel(port: number): Promise<{ readonly url: string; close(): Promise<void> }> {
  return serveRehearsal(createRehearsal(), port);
}

/**
 * Brings a runtime to where runs can start: aborting `signal` ends that, and its reason is thrown once it has ended.
 * `install` is a command that makes one possible, to be run as root.
 */
export interface Preparer {
  prepare(runtime: RuntimeName, how: { image: string; signal: AbortSignal }): Promise<void>;
  /** True when it was done and choosing again is worth while. */
  install(command: readonly string[]): Promise<boolean>;
}

/** The sandbox of the settings, of an earlier start, or of what this machine has; `record` when it was decided now. */
export async function buildSandbox(
  config: Config,
  parts: BuildParts & { recorded: string | undefined; preparer: Preparer; signal: AbortSignal },
): Promise<{ sandbox: Sandbox; record: RuntimeName | undefined; notice: string | undefined }> {
  const { clock, preparer, log, signal } = parts;
  const choice = await choose(config, parts);
  signal.throwIfAborted();
  const sandbox = sandboxFor(choice.runtime, config, clock);
  if (choice.record || (await answers(sandbox, log))) {
    await preparer.prepare(choice.runtime, { image: config.image, signal });
  }
  return { sandbox, record: choice.record ? choice.runtime : undefined, notice: choice.notice };
}

// An engine that was chosen before and is down now does not keep the host from starting: messages wait for it.
async function answers(sandbox: Sandbox, log: Log): Promise<boolean> {
  if (sandbox.capabilities.class === 'local') return true;
  try {
    await sandbox.check();
  } catch (error) {
    if (hasCode(error, 'sandbox.cannot')) throw error;
    if (!hasCode(error, 'sandbox.unavailable')) return true;
    log.warn({ err: error }, 'the container engine does not answer; messages wait until it does');
    return false;
  }
  return true;
}

async function choose(
  config: Config,
  parts: BuildParts & { recorded: string | undefined; preparer: Preparer },
): Promise<Extract<RuntimeChoice, { type: 'use' }>> {
  const recorded = runtimeNames.find((name) => name === parts.recorded);
  const { path: searchPath, dockerHost, podman } = config.environment;
  const { clock } = parts;
  const machine = { searchPath, dockerHost, podman, platform: process.platform, clock };
  const ask = () => chooseRuntime({ setting: config.runtime, recorded, ...machine });
  let choice = await ask();
  if (choice.type === 'nothing' && choice.install && (await parts.preparer.install(choice.install)))
    choice = await ask();
  if (choice.type === 'use') return choice;
  throw choice.error;
}

/** To end what still runs in a runtime that is not used any more; undefined where its client is not on this machine. */
export function formerSandbox(runtime: RuntimeName, config: Config, clock: Clock): Sandbox | undefined {
  const there = runtime !== 'local' && programIn(config.environment.path, runtime) !== undefined;
  return there ? sandboxFor(runtime, config, clock) : undefined;
}

function sandboxFor(runtime: RuntimeName, config: Config, clock: Clock): Sandbox {
  const { path: searchPath, dockerHost, podman } = config.environment;
  const { image } = config;
  // Docker Desktop and remote engines run containers on another kernel, where our sockets do not reach.
  const here = process.platform === 'linux';
  switch (runtime) {
    case 'docker': {
      const environment = clientEnvironment({ searchPath, dockerHost });
      return new ContainerSandbox({ image, environment, clock, socketMount: here, dialect: docker });
    }
    case 'podman':
      return new ContainerSandbox({
        image,
        environment: clientEnvironment({ searchPath, dockerHost: undefined, podman }),
        clock,
        socketMount: here && podman['CONTAINER_HOST'] === undefined && podman['CONTAINER_CONNECTION'] === undefined,
        dialect: podmanHere(),
        hostsFile: join(config.home, 'data', 'hosts'),
      });
    case 'container':
      return new AppleSandbox({ image, environment: clientEnvironment({ searchPath, dockerHost: undefined }), clock });
    case 'local': {
      const agentRunner = join(config.checkout, 'container', 'agent-runner');
      const program = localProgram({ node: realpathSync(process.execPath), agentRunner });
      return new LocalSandbox({
        program,
        searchPath,
        hidden: [config.home, config.checkout, config.configDirectory],
        clock,
      });
    }
  }
}
