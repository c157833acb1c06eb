import { z } from 'zod';

/** Where things stand inside the sandbox, and how long the runner waits for them. Tests bring their own. */
export const layout = z.object({
  /** The group's mailbox. */
  ipc: z.string().default('/workspace/ipc'),
  /** The agent's working directory, and the memory all groups share. */
  group: z.string().default('/workspace/group'),
  global: z.string().default('/workspace/global'),
  /** CLAUDE_CONFIG_DIR; transcripts lie in its `projects/`. */
  claude: z.string().default('/home/node/.claude'),
  /** A plugin directory of skills. */
  skills: z.string().default('/opt/skills'),
  /** The gateway's unix socket, and the loopback port the relay offers it on. */
  gateway: z.string().default('/run/gw/gw.sock'),
  relayPort: z.number().int().default(3128),
  /** How long a start line may take. */
  startMs: z.number().default(10_000),
  /** The look that happens without any bell. */
  lookMs: z.number().default(500),
  /** How long a tool waits for the host's reply. */
  replyMs: z.number().default(30_000),
  /** How long a task's script may take. */
  scriptMs: z.number().default(30_000),
  /** How long an isolated session lives on for what it left in the background. */
  isolatedRestMs: z.number().default(60_000),
  /** How long a closing runner waits for a sign of life. The host kills later than this. */
  farewellMs: z.number().default(30_000),
});
export type Layout = z.output<typeof layout>;
