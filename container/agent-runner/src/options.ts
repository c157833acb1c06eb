import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { McpSdkServerConfigWithInstance, Options } from '@anthropic-ai/claude-agent-sdk';
import type { MessageInput } from '../../../protocol/mailbox.ts';
import type { StartLine } from '../../../protocol/start.ts';
import type { Layout } from './layout.ts';
import type { Session } from './session.ts';
import { serverName } from './tools.ts';

/** Chosen one by one: what a request carries is paid for in every turn, and a schedule of the SDK's own would be lost. */
export const agentTools = [
  ...['Bash', 'Read', 'Write', 'Edit', 'Glob', 'Grep', 'Skill', 'Agent', 'WebFetch', 'WebSearch'],
  ...['NotebookEdit', 'TaskStop', 'ToolSearch'],
];

export interface OptionsFor {
  readonly layout: Layout;
  readonly start: StartLine;
  readonly session: Session;
  /** Nothing of the session is kept. */
  readonly unsaved?: boolean;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly uid: number | undefined;
  readonly server: McpSdkServerConfigWithInstance;
  readonly stderr: (text: string) => void;
}

/**
 * Nothing an agent can write decides how its next run works: no setting, hook, server, helper or environment is read
 * from disk. Each line of that was tried against planted files; loosen none without trying again.
 */
export function sdkOptions(wanted: OptionsFor): Options {
  const { layout, start, session } = wanted;
  const skills = existsSync(join(layout.skills, '.claude-plugin', 'plugin.json'));
  return {
    cwd: layout.group,
    ...(start.model !== undefined && { model: start.model }),
    ...(session.resume ? { resume: session.id } : { sessionId: session.id }),
    ...(wanted.unsaved && { persistSession: false }),
    permissionMode: 'bypassPermissions',
    allowDangerouslySkipPermissions: true,
    systemPrompt: { type: 'preset', preset: 'claude_code', append: start.settings.instructions },
    settingSources: [],
    strictMcpConfig: true,
    managedSettings: { allowManagedHooksOnly: true, strictPluginOnlyCustomization: true },
    settings: { skipWebFetchPreflight: true },
    plugins: skills ? [{ type: 'local', path: layout.skills, skipMcpDiscovery: true }] : [],
    pluginDelivery: 'initialize',
    additionalDirectories: [layout.group, layout.global].filter((directory) => existsSync(directory)),
    tools: agentTools,
    mcpServers: { [serverName]: wanted.server },
    mcpServersDelivery: 'initialize',
    includePartialMessages: start.settings.streaming,
    stderr: wanted.stderr,
    env: sdkEnvironment(wanted),
  };
}

/** Which model an input is for; undefined is the SDK's own. One that names none is for that of the start line. */
export function modelFor(input: MessageInput, start: StartLine): string | undefined {
  return input.model === 'default' ? undefined : (input.model ?? start.model);
}

function sdkEnvironment(wanted: OptionsFor): Record<string, string | undefined> {
  const { layout, start, environment, uid } = wanted;
  return {
    TZ: start.settings.timeZone,
    ...environment,
    CLAUDE_CONFIG_DIR: layout.claude,
    CLAUDE_CODE_ADDITIONAL_DIRECTORIES_CLAUDE_MD: '1',
    CLAUDE_CODE_DISABLE_BUNDLED_SKILLS: '1',
    CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1',
    CLAUDE_CODE_MAX_RETRIES: String(start.settings.modelRetries),
    CLAUDE_CODE_SIMPLE_SYSTEM_PROMPT: '1',
    // Root may only skip permissions when the SDK is told, in exactly this word, that it stands in a sandbox.
    ...(uid === 0 && { IS_SANDBOX: '1' }),
  };
}
