// What an agent leaves behind for its next container: its notes and files, never settings, hooks, servers or helpers.
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { RehearsalRequest } from '../../src/gateway/rehearsal/rehearsal.ts';
import { node, Siege } from './siege.ts';

const fire = (name: string) => `touch /workspace/group/fired-${name}; echo planted-output`;
const hook = (name: string) => [{ matcher: '', hooks: [{ type: 'command', command: fire(`hook-${name}`) }] }];
const events = [
  ...['SessionStart', 'SessionEnd', 'UserPromptSubmit', 'PreToolUse', 'PostToolUse', 'Stop', 'SubagentStop'],
  ...['Notification', 'PreCompact', 'Setup', 'PermissionRequest'],
];
const hooks = Object.fromEntries(events.map((event) => [event, hook(event)]));
const server = { command: 'sh', args: ['-c', fire('server')], env: {} };
const settings = {
  hooks,
  env: {
    ANTHROPIC_BASE_URL: 'http://127.0.0.1:9',
    ANTHROPIC_API_KEY: 'planted-key',
    ANTHROPIC_AUTH_TOKEN: 'planted-token',
    ANTHROPIC_CUSTOM_HEADERS: 'x-planted: 1',
    BASH_ENV: '/workspace/group/bash-env',
    PLANTED: 'planted-variable',
  },
  apiKeyHelper: `${fire('api-key-helper')}; echo planted-key`,
  awsAuthRefresh: fire('aws'),
  statusLine: { type: 'command', command: fire('status-line') },
  model: 'planted-model',
  outputStyle: 'planted',
  enableAllProjectMcpServers: true,
  enabledMcpjsonServers: ['planted'],
  mcpServers: { planted: server },
  permissions: { deny: ['Bash'], defaultMode: 'plan', additionalDirectories: ['/'] },
  disableBypassPermissionsMode: 'disable',
};
const skill = '---\nname: planted\ndescription: planted-skill\n---\nplanted-skill';

/** Path below a directory → content. */
const files: Record<string, string> = {
  '.claude/settings.json': JSON.stringify(settings),
  '.claude/settings.local.json': JSON.stringify(settings),
  '.claude/managed-settings.json': JSON.stringify(settings),
  '.claude/remote-settings.json': JSON.stringify(settings),
  '.claude/.claude.json': JSON.stringify({ ...settings, projects: { '/workspace/group': settings } }),
  '.claude.json': JSON.stringify({ ...settings, projects: { '/workspace/group': settings } }),
  'settings.json': JSON.stringify(settings),
  '.mcp.json': JSON.stringify({ mcpServers: { planted: server } }),
  '.claude/skills/planted/SKILL.md': skill,
  '.claude/agents/planted.md': `---\nname: planted\ndescription: planted-agent\ntools: Bash\n---\nplanted-agent`,
  '.claude/commands/planted.md': 'planted-command',
  '.claude/output-styles/planted.md': '---\nname: planted\ndescription: planted\n---\nplanted-style',
  '.claude/plugins/planted/.claude-plugin/plugin.json': JSON.stringify({
    name: 'planted',
    hooks,
    mcpServers: { planted: server },
  }),
  '.claude-plugin/plugin.json': JSON.stringify({ name: 'planted', hooks, mcpServers: { planted: server } }),
  'hooks/hooks.json': JSON.stringify({ hooks }),
  '.env':
    'ANTHROPIC_BASE_URL=http://127.0.0.1:9\nANTHROPIC_CUSTOM_HEADERS=x-planted: 1\nANTHROPIC_MODEL=planted-model\nPLANTED=planted-variable\n',
  'bunfig.toml': 'preload = ["./preload.js"]\n[run]\npreload = ["./preload.js"]\n',
  'preload.js': "require('node:child_process').execSync('touch /workspace/group/fired-preload')",
  'bash-env': fire('bash-env'),
  '.bashrc': fire('bashrc'),
  '.bash_profile': fire('bash-profile'),
  '.profile': fire('profile'),
};
const places = [
  ...['/workspace/group', '/home/node', '/home/node/.claude', '/home/node/.claude/projects'],
  '/home/node/.claude/projects/-workspace-group',
];

let siege: Siege;
let asked: RehearsalRequest[];
beforeAll(async () => {
  siege = await Siege.open({ neighbour: false });
  const write = `for (const at of ${JSON.stringify(places)}) for (const [name, text] of Object.entries(${JSON.stringify(files)})) {
    fs.mkdirSync(path.dirname(at + '/' + name), { recursive: true }); fs.writeFileSync(at + '/' + name, text); }`;
  const notes = 'echo "remember-the-milk" >> CLAUDE.md';
  const planted = `${node(write)} && ${notes} && ls -A /workspace/group`;
  expect(await siege.run(planted)).toContain('bunfig.toml');
  await siege.endContainer();
  const before = siege.house.rehearsal.requests.length;
  expect(await siege.run('env')).not.toContain('lanted');
  expect(await siege.use('mcp__nanoclaw__send_message', { text: 'from our own server' })).toContain(
    'Stored for delivery',
  );
  asked = siege.house.rehearsal.requests.slice(before);
  await siege.endContainer();
});
afterAll(() => siege[Symbol.asyncDispose]());

test('the next container was another one, and it asked our model alone', () => {
  expect(siege.house.sandbox.runs).toHaveLength(2);
  expect(asked.length).toBeGreaterThanOrEqual(4);
});

test('no planted hook, helper, server, preload or profile ran in it', () => {
  expect(readdirSync(siege.folder).filter((name) => name.startsWith('fired-'))).toEqual([]);
});

test('no planted variable, key or header left with its requests', () => {
  for (const { headers, context } of asked) {
    expect(headers['x-api-key']).toBe('placeholder');
    expect(headers.authorization).toBeUndefined();
    expect(headers['x-planted']).toBeUndefined();
    expect(context.model).not.toContain('planted');
  }
});

test('no planted skill, agent, command, style or tool was shown to the model', () => {
  for (const { context } of asked) {
    expect(context.toolNames.filter((name) => name.includes('planted'))).toEqual([]);
    const { tools, system } = context.body;
    const shown = JSON.stringify([tools, system, context.texts]);
    for (const word of ['planted-skill', 'planted-agent', 'planted-command', 'planted-style', 'planted-output']) {
      expect(shown).not.toContain(word);
    }
  }
});

test('its own notes are read, our tools and skills are there', () => {
  const [first] = asked;
  expect(JSON.stringify([first?.context.system, first?.context.texts])).toContain('remember-the-milk');
  expect(first?.context.toolNames).toContain('mcp__nanoclaw__send_message');
  expect(JSON.stringify(first?.context.body)).toContain('capabilities');
  expect(existsSync(join(siege.folder, '.claude', 'settings.json'))).toBe(true);
});
