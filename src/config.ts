// The only reader of process.env and .env. One schema, one frozen Config; secrets come out as Secret.
import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseEnv } from 'node:util';
import { z } from 'zod';
import { logLevels } from './lib/log.ts';
import { pickVariables, type Variables } from './lib/pick-variables.ts';
import { Secret } from './lib/secret.ts';
import { NanoclawError, systemCode } from './model/errors.ts';

const whole = (min: number) =>
  z.string().regex(/^\d+$/, 'must be a whole number').transform(Number).pipe(z.number().min(min));
const size = z
  .string()
  .regex(/^[1-9]\d*[bkmg]?$/i, 'must be a size such as 512m or 2g')
  .transform((text) => text.toLowerCase());
const secret = z.string().transform((text) => new Secret(text));
const zone = z.string().refine(isZone, 'must be an IANA time zone such as Europe/Berlin');

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
    .describe('Where agents run: `docker`, `podman`, `container` (Apple) or `local`; `auto` decides once.'),
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
  readonly logLevel: (typeof logLevels)[number];
  /** What the sandbox room may know of the real environment. */
  readonly environment: { readonly path: string; readonly dockerHost: string | undefined; readonly podman: Variables };
}

/** Reads the real environment first, then `.env` in the home directory. Throws `config.invalid` naming the variable. */
export function readConfig(checkout: string, environment: NodeJS.ProcessEnv = process.env): Config {
  const home = resolve(environment['NANOCLAW_HOME'] || checkout);
  const file = readEnvFile(join(home, '.env'));
  const values = parse({ ...file, ...known(environment) });
  return toConfig(values, { checkout, home, environment });
}

function known(environment: NodeJS.ProcessEnv): Record<string, string> {
  const found: Record<string, string> = {};
  for (const name of Object.keys(schema.shape)) {
    const value = environment[name];
    // An empty variable is an absent one, here as in .env.
    if (value !== undefined && value !== '') found[name] = value;
  }
  return found;
}

function readEnvFile(path: string): Record<string, string> {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return {};
    throw new NanoclawError('config.invalid', `${path} cannot be read: ${systemCode(error)}.`, {
      cure: 'Make it a text file that this user may read.',
      cause: error,
    });
  }
  const found: Record<string, string> = {};
  for (const [name, value] of Object.entries(parseEnv(text))) {
    if (!(name in schema.shape)) {
      throw new NanoclawError('config.invalid', `${name} in ${path} is not a setting.`, {
        cure: `${closest(name)}docs/reference/settings.md lists them all.`,
      });
    }
    if (name === 'NANOCLAW_HOME') {
      throw new NanoclawError('config.invalid', `NANOCLAW_HOME cannot stand in ${path}, which it names.`, {
        cure: 'Set it in the real environment.',
      });
    }
    if (value !== undefined && value !== '') found[name] = value;
  }
  return found;
}

function closest(name: string): string {
  const near = Object.keys(schema.shape).find((other) => other.includes(name) || name.includes(other));
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

function toConfig(values: Values, at: { checkout: string; home: string; environment: NodeJS.ProcessEnv }): Config {
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
    maxMessagesPerPrompt: values.MAX_MESSAGES_PER_PROMPT,
    logLevel: values.LOG_LEVEL,
    environment: {
      path: at.environment['PATH'] ?? '',
      dockerHost: at.environment['DOCKER_HOST'] || undefined,
      podman: pickVariables(at.environment, podmanReads),
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

/** `512m` → bytes, as engines read it: powers of 1024. */
function bytesOf(text: string): number {
  const power = { b: 0, k: 1, m: 2, g: 3 }[text.slice(-1)] ?? 0;
  return Number.parseInt(text, 10) * 1024 ** power;
}

function isZone(name: string): boolean {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone !== '';
  } catch (error) {
    if (error instanceof RangeError) return false;
    throw error;
  }
}

/** For the reference page: each setting, its default as a person would write it, and what it means. */
export function settingsReference(): { name: string; default: string | undefined; meaning: string }[] {
  return Object.entries(schema.shape).map(([name, one]) => ({
    name,
    default: one instanceof z.ZodPrefault ? String(one.def.defaultValue) : undefined,
    meaning: one.description ?? '',
  }));
}
