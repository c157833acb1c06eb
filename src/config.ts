// The only reader of process.env and .env. One schema, one frozen Config; secrets come out as Secret.
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { z } from 'zod';
import { closest } from './lib/closest.ts';
import { type EnvFile, readEnvFile } from './lib/env-file.ts';
import type { logLevels } from './lib/log.ts';
import { misplacedSecret } from './lib/misplaced-secret.ts';
import { type Proxies, readProxy } from './lib/proxies.ts';
import { Secret } from './lib/secret.ts';
import { bytesOf, isZone } from './lib/setting-kinds.ts';
import { NanoclawError } from './model/errors.ts';
import { settings } from './settings.ts';

type Values = z.output<typeof settings>;

export interface Credential {
  readonly kind: 'api-key' | 'oauth' | 'auth-token';
  readonly variable: 'ANTHROPIC_API_KEY' | 'CLAUDE_CODE_OAUTH_TOKEN' | 'ANTHROPIC_AUTH_TOKEN';
  readonly value: Secret;
}

export interface Config {
  readonly home: string;
  readonly configDirectory: string;
  readonly checkout: string;
  readonly assistantName: string;
  readonly timeZone: string;
  readonly model: string | undefined;
  readonly dailyBudgetUsd: number | undefined;
  readonly diskMinFreeBytes: number;
  readonly credential: Credential | undefined;
  readonly upstreamUrl: string;
  readonly proxies: Proxies;
  readonly runtime: 'auto' | 'docker' | 'podman' | 'container' | 'local';
  readonly image: string;
  readonly signOfLifeMs: number;
  readonly idleMs: number;
  readonly limits: { readonly memory: string; readonly cpus: number; readonly pids: number };
  readonly maxOutputBytes: number;
  readonly maxContainers: number;
  readonly maxMessagesPerPrompt: number;
  /** Folders; `main` is the main group. */
  readonly prewarm: readonly string[];
  readonly logLevel: (typeof logLevels)[number];
  /** Settings of channels by variable name, as their manifests list them. */
  readonly channelSettings: ReadonlyMap<string, Secret>;
  /** Where a setting that is given stands: `line 3 of /home/ann/.env`, or the environment. */
  readonly placeOf: (name: string) => string;
  /** Sentences about settings that work and should not stay as they are. */
  readonly warnings: readonly string[];
  /** What the sandbox room may know of the real environment. */
  readonly environment: {
    readonly path: string;
    readonly dockerHost: string | undefined;
    readonly podman: Readonly<Record<string, string>>;
  };
}

export interface ConfigSources {
  readonly environment?: NodeJS.ProcessEnv;
  /** Names that channels have settings under. Without them, names in `.env` that are not ours are left unjudged. */
  readonly channelSettings?: readonly string[] | undefined;
}

/** A terminal that shows text and obeys nothing (`TERM=dumb`, or no TERM at all). */
export function isDumbTerminal(environment: NodeJS.ProcessEnv = process.env): boolean {
  return ['dumb', 'unknown', ''].includes(environment['TERM'] ?? '');
}

/** Reads the real environment first, then `.env` in the home directory. Throws `config.invalid` naming the variable. */
export function readConfig(checkout: string, sources: ConfigSources = {}): Config {
  const { environment = process.env, channelSettings } = sources;
  const home = resolve(environment['NANOCLAW_HOME'] || checkout);
  const path = join(home, '.env');
  const file = fromFile(path, channelSettings);
  const fromEnvironment = known(environment, [...Object.keys(settings.shape), ...(channelSettings ?? [])]);
  const given = { ...file.values, ...fromEnvironment };
  const placeOf = (name: string) =>
    name in fromEnvironment ? 'the environment' : `line ${file.lines[name]} of ${path}`;
  refuseMisplaced(given, placeOf);
  const warnings = readableSecrets(file) ? [`${path} holds a secret and others can read it: chmod 600 "${path}"`] : [];
  const channels = secretsOf(given, channelSettings ?? []);
  return toConfig(parse(given, placeOf), { checkout, home, environment, channels, placeOf, warnings });
}

function refuseMisplaced(given: Record<string, string>, placeOf: (name: string) => string): void {
  for (const [name, value] of Object.entries(given)) {
    const wrong = misplacedSecret(name, value);
    if (!wrong) continue;
    throw new NanoclawError('config.invalid', `${name} in ${placeOf(name)} ${wrong.says}.`, { cure: wrong.cure });
  }
}

function readableSecrets(file: EnvFile): boolean {
  return file.readableByOthers && Object.keys(file.values).some((name) => /_(KEY|TOKEN)$/.test(name));
}

function secretsOf(given: Record<string, string>, names: readonly string[]): ReadonlyMap<string, Secret> {
  const set = names.flatMap((name) => {
    const value = given[name];
    return value === undefined ? [] : [[name, new Secret(value)] as const];
  });
  return new Map(set);
}

function known(environment: NodeJS.ProcessEnv, names: readonly string[]): Record<string, string> {
  const found: Record<string, string> = {};
  for (const name of names) {
    const value = environment[name] || environment[spelledAs(name)];
    // An empty variable is an absent one, here as in .env.
    if (value) found[name] = value;
  }
  return found;
}

// What everybody reads from the environment is written in lower case as often.
const inBothCases = ['HTTP_PROXY', 'HTTPS_PROXY', 'NO_PROXY'];
function spelledAs(name: string): string {
  return inBothCases.includes(name) ? name.toLowerCase() : name;
}

/** Under the upper-case name, which wins where both stand there. */
function inUpperCase<T>(found: Readonly<Record<string, T>>): Record<string, T> {
  const upper = new Map(inBothCases.map((name) => [spelledAs(name), name]));
  const given = Object.entries(found);
  const [written, others] = [given.filter(([name]) => upper.has(name)), given.filter(([name]) => !upper.has(name))];
  return Object.fromEntries([...written.map(([name, value]) => [upper.get(name) ?? name, value] as const), ...others]);
}

function fromFile(path: string, channelSettings: readonly string[] | undefined): EnvFile {
  const read = readEnvFile(path);
  const found = { ...read, values: inUpperCase(read.values), lines: inUpperCase(read.lines) };
  for (const [name, line] of Object.entries(found.lines)) {
    if (!(name in settings.shape) && channelSettings && !channelSettings.includes(name)) {
      const near = closest(name, [...Object.keys(settings.shape), ...channelSettings]);
      throw new NanoclawError('config.invalid', `${name} in line ${line} of ${path} is not a setting.`, {
        cure: `${near ? `Did you mean ${near}? ` : ''}docs/reference/settings.md lists them all.`,
      });
    }
    if (name === 'NANOCLAW_HOME') {
      throw new NanoclawError('config.invalid', `NANOCLAW_HOME cannot stand in ${path}, which it names.`, {
        cure: 'Set it in the real environment.',
      });
    }
  }
  return found;
}

function parse(given: Record<string, string>, placeOf: (name: string) => string): Values {
  const parsed = settings.safeParse(given);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  const name = String(issue?.path[0]);
  throw new NanoclawError('config.invalid', `${name} in ${placeOf(name)} is not valid: ${issue?.message}.`, {
    cure: 'Change it there; docs/reference/settings.md says what it takes.',
  });
}

interface Surroundings {
  readonly checkout: string;
  readonly home: string;
  readonly environment: NodeJS.ProcessEnv;
  readonly channels: ReadonlyMap<string, Secret>;
  readonly placeOf: (name: string) => string;
  readonly warnings: readonly string[];
}

function toConfig(values: Values, at: Surroundings): Config {
  return Object.freeze({
    home: at.home,
    configDirectory: values.NANOCLAW_CONFIG_DIR ?? join(at.environment['HOME'] || homedir(), '.config', 'nanoclaw'),
    checkout: at.checkout,
    assistantName: values.ASSISTANT_NAME,
    timeZone: values.TZ ?? systemZone(at.environment),
    model: values.MODEL,
    dailyBudgetUsd: values.BUDGET_DAILY_USD,
    diskMinFreeBytes: bytesOf(values.DISK_MIN_FREE),
    credential: credentialOf(values),
    upstreamUrl: values.ANTHROPIC_BASE_URL,
    proxies: proxiesOf(values, at.placeOf),
    runtime: values.CONTAINER_RUNTIME,
    image: values.CONTAINER_IMAGE,
    signOfLifeMs: values.CONTAINER_TIMEOUT,
    idleMs: values.IDLE_TIMEOUT,
    limits: { memory: values.CONTAINER_MEMORY, cpus: values.CONTAINER_CPUS, pids: values.CONTAINER_PIDS },
    maxOutputBytes: values.CONTAINER_MAX_OUTPUT_SIZE,
    maxContainers: values.MAX_CONCURRENT_CONTAINERS,
    prewarm: values.PREWARM,
    maxMessagesPerPrompt: values.MAX_MESSAGES_PER_PROMPT,
    logLevel: values.LOG_LEVEL,
    channelSettings: at.channels,
    placeOf: at.placeOf,
    warnings: at.warnings,
    environment: {
      path: at.environment['PATH'] ?? '',
      dockerHost: at.environment['DOCKER_HOST'] || undefined,
      podman: Object.fromEntries(
        Object.entries(at.environment).flatMap(([name, value]) =>
          value && podmanReads.test(name) ? [[name, value]] : [],
        ),
      ),
    },
  });
}

// Where podman of an ordinary user finds its sockets and its settings.
const podmanReads =
  /^(XDG_(RUNTIME_DIR|CONFIG_HOME|DATA_HOME)|DBUS_SESSION_BUS_ADDRESS|TMPDIR|CONTAINERS_(STORAGE_)?CONF|CONTAINER_(HOST|CONNECTION))$/;

function credentialOf(values: Values): Credential | undefined {
  if (values.ANTHROPIC_API_KEY) {
    return { kind: 'api-key', variable: 'ANTHROPIC_API_KEY', value: values.ANTHROPIC_API_KEY };
  }
  if (values.CLAUDE_CODE_OAUTH_TOKEN) {
    return { kind: 'oauth', variable: 'CLAUDE_CODE_OAUTH_TOKEN', value: values.CLAUDE_CODE_OAUTH_TOKEN };
  }
  if (values.ANTHROPIC_AUTH_TOKEN) {
    return { kind: 'auth-token', variable: 'ANTHROPIC_AUTH_TOKEN', value: values.ANTHROPIC_AUTH_TOKEN };
  }
  return undefined;
}

function systemZone(environment: NodeJS.ProcessEnv): string {
  // Empty is absent, but with it the runtime takes the zone for unknown; without it, it looks again.
  if (environment['TZ'] === '') delete environment['TZ'];
  const { timeZone } = Intl.DateTimeFormat().resolvedOptions();
  return isZone(timeZone) ? timeZone : 'UTC';
}

function proxiesOf(values: Values, placeOf: (name: string) => string): Proxies {
  const { HTTP_PROXY: http, HTTPS_PROXY: https, NO_PROXY: none } = values;
  if (http) readProxy('HTTP_PROXY', http, placeOf('HTTP_PROXY'));
  if (https) readProxy('HTTPS_PROXY', https, placeOf('HTTPS_PROXY'));
  return { http, https, none };
}

/** For the reference page: each setting, its default as a person would write it, and what it means. */
export function settingsReference(): { name: string; default: string | undefined; meaning: string }[] {
  return Object.entries(settings.shape).map(([name, one]) => ({
    name,
    default: one instanceof z.ZodPrefault ? String(one.def.defaultValue) : undefined,
    meaning: one.description ?? '',
  }));
}
