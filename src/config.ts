// The only reader of process.env and .env. One schema, one frozen Config; secrets come out as Secret.
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { z } from 'zod';
import { readEnvFile } from './lib/env-file.ts';
import { logLevels } from './lib/log.ts';
import { Secret } from './lib/secret.ts';
import { bytesOf, names, size, whole, zone } from './lib/setting-kinds.ts';
import { NanoclawError } from './model/errors.ts';

const secret = z.string().transform((text) => new Secret(text));

/** Every setting there is; docs/reference/settings.md is made from it. */
const schema = z.object({
  NANOCLAW_HOME: z
    .string()
    .optional()
    .describe('Where `store/ data/ groups/ logs/ .env` live. Default: the checkout. Real environment only.'),
  NANOCLAW_CONFIG_DIR: z
    .string()
    .optional()
    .describe('Allowlists; never mounted into a container. Default: `~/.config/nanoclaw`.'),
  ASSISTANT_NAME: z
    .string()
    .trim()
    .min(1)
    .max(50)
    .prefault('Andy')
    .describe('Name of the assistant; its default trigger is `@` and this name.'),
  TZ: zone.optional().describe('IANA time zone of prompts. Default: the zone of the system.'),
  MODEL: z
    .string()
    .min(1)
    .optional()
    .describe("Model for turns. Default: the Agent SDK's own; a group may have its own."),
  DISK_MIN_FREE: size
    .prefault('1g')
    .describe("Below this much free space on the home's disk no turn begins; messages wait."),
  ANTHROPIC_API_KEY: secret.optional().describe('Model credential, held by the gateway and never in a container.'),
  CLAUDE_CODE_OAUTH_TOKEN: secret
    .optional()
    .describe('Model credential of a Claude subscription, held by the gateway.'),
  ANTHROPIC_AUTH_TOKEN: secret.optional().describe('Bearer token for another Messages API, held by the gateway.'),
  ANTHROPIC_BASE_URL: z
    .url({ protocol: /^https?$/ })
    .prefault('https://api.anthropic.com')
    .describe('The Messages API the gateway forwards to.'),
  CONTAINER_RUNTIME: z
    .enum(['auto', 'docker', 'podman', 'container', 'local'])
    .prefault('auto')
    .describe('Where agents run: `docker`, `local` (bubblewrap), or `auto`: decided on the first start and recorded.'),
  CONTAINER_IMAGE: z.string().min(1).prefault('nanoclaw-agent:latest').describe('The agent image.'),
  CONTAINER_TIMEOUT: whole(1_000)
    .prefault('1800000')
    .describe('A turn without any sign of life for this many milliseconds is ended.'),
  IDLE_TIMEOUT: whole(0)
    .prefault('1800000')
    .describe('How many milliseconds a container stays alive after its last answer.'),
  CONTAINER_MEMORY: size.prefault('2g').describe('Memory limit of a container.'),
  CONTAINER_CPUS: z
    .string()
    .regex(/^\d*\.?\d+$/, 'must be a number such as 2 or 0.5')
    .transform(Number)
    .pipe(z.number().positive())
    .prefault('2')
    .describe('Processor limit of a container.'),
  CONTAINER_PIDS: whole(256).prefault('512').describe('Process limit of a container; Chromium needs 256.'),
  CONTAINER_MAX_OUTPUT_SIZE: whole(1_024)
    .prefault('10485760')
    .describe("Bytes of each output stream kept in a run's log."),
  MAX_CONCURRENT_CONTAINERS: whole(1).prefault('5').describe('Containers alive at once, idle ones included.'),
  PREWARM: names
    .prefault('main')
    .describe(
      'Groups whose container is started ahead of the first message: folders with commas between them, or `none`.',
    ),
  MAX_MESSAGES_PER_PROMPT: whole(1)
    .prefault('50')
    .describe(
      'Messages in one prompt; older context beyond it is counted there, waking messages wait for the next turn.',
    ),
  LOG_LEVEL: z.enum(logLevels).prefault('info').describe('How much is written to logs/nanoclaw.log.'),
});
type Values = z.output<typeof schema>;

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
  readonly diskMinFreeBytes: number;
  readonly credential: Credential | undefined;
  readonly upstreamUrl: string;
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
  /** What the sandbox room may know of the real environment. */
  readonly environment: { readonly path: string; readonly dockerHost: string | undefined };
}

export interface ConfigSources {
  readonly environment?: NodeJS.ProcessEnv;
  /** Names that channels have settings under. Without them, names in `.env` that are not ours are left unjudged. */
  readonly channelSettings?: readonly string[] | undefined;
}

/** Reads the real environment first, then `.env` in the home directory. Throws `config.invalid` naming the variable. */
export function readConfig(checkout: string, sources: ConfigSources = {}): Config {
  const { environment = process.env, channelSettings } = sources;
  const home = resolve(environment['NANOCLAW_HOME'] || checkout);
  const file = fromFile(join(home, '.env'), channelSettings);
  const given = { ...file, ...known(environment, [...Object.keys(schema.shape), ...(channelSettings ?? [])]) };
  return toConfig(parse(given), { checkout, home, environment, channels: secretsOf(given, channelSettings ?? []) });
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
    const value = environment[name];
    // An empty variable is an absent one, here as in .env.
    if (value) found[name] = value;
  }
  return found;
}

function fromFile(path: string, channelSettings: readonly string[] | undefined): Record<string, string> {
  const found = readEnvFile(path);
  for (const name of Object.keys(found)) {
    if (!(name in schema.shape) && channelSettings && !channelSettings.includes(name)) {
      throw new NanoclawError('config.invalid', `${name} in ${path} is not a setting.`, {
        cure: `${closest(name, channelSettings)}docs/reference/settings.md lists them all.`,
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

function closest(name: string, channelSettings: readonly string[]): string {
  const names = [...Object.keys(schema.shape), ...channelSettings];
  const near = names.find((one) => one.includes(name) || name.includes(one));
  return near ? `Did you mean ${near}? ` : '';
}

function parse(given: Record<string, string>): Values {
  const parsed = schema.safeParse(given);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  throw new NanoclawError('config.invalid', `${String(issue?.path[0])} is not valid: ${issue?.message}.`, {
    cure: 'Change it in .env or in the environment; docs/reference/settings.md says what it takes.',
  });
}

interface Surroundings {
  readonly checkout: string;
  readonly home: string;
  readonly environment: NodeJS.ProcessEnv;
  readonly channels: ReadonlyMap<string, Secret>;
}

function toConfig(values: Values, at: Surroundings): Config {
  return Object.freeze({
    home: at.home,
    configDirectory: values.NANOCLAW_CONFIG_DIR ?? join(at.environment['HOME'] || homedir(), '.config', 'nanoclaw'),
    checkout: at.checkout,
    assistantName: values.ASSISTANT_NAME,
    timeZone: values.TZ ?? Intl.DateTimeFormat().resolvedOptions().timeZone,
    model: values.MODEL,
    diskMinFreeBytes: bytesOf(values.DISK_MIN_FREE),
    credential: credentialOf(values),
    upstreamUrl: values.ANTHROPIC_BASE_URL,
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
    environment: { path: at.environment['PATH'] ?? '', dockerHost: at.environment['DOCKER_HOST'] || undefined },
  });
}

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

/** For the reference page: each setting, its default as a person would write it, and what it means. */
export function settingsReference(): { name: string; default: string | undefined; meaning: string }[] {
  return Object.entries(schema.shape).map(([name, one]) => ({
    name,
    default: one instanceof z.ZodPrefault ? String(one.def.defaultValue) : undefined,
    meaning: one.description ?? '',
  }));
}
