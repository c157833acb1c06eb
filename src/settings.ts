import { z } from 'zod';
import { logLevels } from './lib/log.ts';
import { Secret } from './lib/secret.ts';
import { dollars, names, size, whole, zone } from './lib/setting-kinds.ts';

const secret = z.string().transform((text) => new Secret(text));
// What it must look like, `readProxy` says: in a sentence that shows no password.
const proxy = secret;

/** Every setting there is but those of channels; docs/reference/settings.md is made from it. */
export const settings = z.object({
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
  TZ: zone.optional().describe('IANA time zone of prompts, schedules and budgets. Default: that of the system.'),
  MODEL: z
    .string()
    .min(1)
    .optional()
    .describe("Model for turns. Default: the Agent SDK's own; a group may have its own."),
  BUDGET_DAILY_USD: dollars
    .optional()
    .describe(
      'What all groups together may spend a day, estimated from list prices; then messages wait for midnight. Default: no limit. `groups set --budget` limits or exempts one group.',
    ),
  DISK_MIN_FREE: size.prefault('1g').describe("With less free space on the home's disk no turn starts; messages wait."),
  ANTHROPIC_API_KEY: secret.optional().describe('Model credential, held by the gateway and never in a container.'),
  CLAUDE_CODE_OAUTH_TOKEN: secret
    .optional()
    .describe('Model credential of a Claude subscription, held by the gateway.'),
  ANTHROPIC_AUTH_TOKEN: secret.optional().describe('Bearer token for another Messages API, held by the gateway.'),
  ANTHROPIC_BASE_URL: z
    .url({ protocol: /^https?$/ })
    .prefault('https://api.anthropic.com')
    .describe('The Messages API the gateway forwards to.'),
  HTTPS_PROXY: proxy
    .optional()
    .describe('A proxy for https (platforms, model, agents): `http://user:password@host:port`. Lower case works too.'),
  HTTP_PROXY: proxy.optional().describe('The same for http.'),
  NO_PROXY: z
    .string()
    .optional()
    .describe(
      'Reached without a proxy, separated by commas: a name with its subdomains, `.name` (subdomains only), an address, a network such as `10.0.0.0/8`, each with an optional `:port`; `*` for all. Always direct: this machine.',
    ),
  CONTAINER_RUNTIME: z
    .enum(['auto', 'docker', 'podman', 'container', 'local'])
    .prefault('auto')
    .describe(
      'Where agents run: `docker`, `podman`, `container` (Apple), `local` (bubblewrap), or `auto`: chosen once and recorded.',
    ),
  CONTAINER_IMAGE: z.string().min(1).prefault('nanoclaw-agent:latest').describe('The agent image.'),
  CONTAINER_TIMEOUT: whole(1_000)
    .prefault('1800000')
    .describe('A turn that shows no activity for this many milliseconds is ended.'),
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
  CONTAINER_PIDS: whole(256).prefault('512').describe('Process limit of a container, at least 256.'),
  CONTAINER_MAX_OUTPUT_SIZE: whole(1_024)
    .prefault('10485760')
    .describe("Bytes of each output stream kept in a run's log."),
  MAX_CONCURRENT_CONTAINERS: whole(1).prefault('5').describe('Containers alive at once, idle ones included.'),
  PREWARM: names
    .prefault('main')
    .describe('Groups whose container is started before the first message: folders separated by commas, or `none`.'),
  MAX_MESSAGES_PER_PROMPT: whole(1)
    .prefault('50')
    .describe(
      'Messages in one prompt; of older context beyond it only the number is given, waking messages wait for the next turn.',
    ),
  LOG_LEVEL: z.enum(logLevels).prefault('info').describe('How much is written to logs/nanoclaw.log.'),
});
