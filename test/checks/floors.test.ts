import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { checkOutput } from '../fixtures/check-output.ts';

const root = path.resolve(import.meta.dirname, '../..');

/** Rule → one bad import: the file that holds it, and what it imports. */
const plants: Record<string, [from: string, to: string]> = {
  'floor-model': ['src/model/bad.ts', '../lib/good.ts'],
  'floor-lib': ['src/lib/bad.ts', '../model/good.ts'],
  'floor-text': ['src/text/bad.ts', '../store/good.ts'],
  'floor-config': ['src/config.ts', './store/good.ts'],
  'floor-settings': ['src/settings.ts', './store/good.ts'],
  'floor-store': ['src/store/bad.ts', '../acts/good.ts'],
  'floor-sandbox': ['src/sandbox/bad.ts', '../gateway/good.ts'],
  'floor-gateway': ['src/gateway/bad.ts', '../store/good.ts'],
  'floor-channels': ['src/channels/telegram/bad.ts', '../slack/good.ts'],
  'floor-channels-kit': ['src/channels/kit/bad.ts', '../slack/good.ts'],
  'floor-channels-list': ['src/channels/registry.ts', './slack/good.ts'],
  'floor-acts': ['src/acts/bad.ts', '../ipc/good.ts'],
  'floor-inbound': ['src/inbound/bad.ts', '../outbound/good.ts'],
  'floor-outbound': ['src/outbound/bad.ts', '../channels/slack/good.ts'],
  'floor-schedule': ['src/schedule/bad.ts', '../inbound/good.ts'],
  'floor-tools': ['src/tools/bad.ts', '../sandbox/good.ts'],
  'floor-ipc': ['src/ipc/bad.ts', '../tools/good.ts'],
  'floor-admin': ['src/admin/bad.ts', '../turns/good.ts'],
  'floor-remote-control': ['src/remote-control/bad.ts', '../admin/good.ts'],
  'floor-turns': ['src/turns/bad.ts', '../sandbox/good.ts'],
  'floor-upkeep': ['src/upkeep/bad.ts', '../turns/good.ts'],
  'floor-console': ['src/console/bad.ts', '../store/good.ts'],
  'floor-index': ['src/index.ts', './turns/good.ts'],
  'floor-cli': ['src/cli/bad.ts', '../store/good.ts'],
  'floor-app': ['src/app.ts', './cli/good.ts'],
  'floor-setup': ['setup/bad.ts', '../src/store/good.ts'],
  'floor-src': ['src/helpers/bad.ts', '../lib/good.ts'],
  'floor-protocol': ['protocol/bad.ts', 'node:fs'],
  'floor-runner': ['container/agent-runner/src/bad.ts', '../../../src/lib/good.ts'],
  'runner-own-packages': ['container/agent-runner/src/luck.ts', 'execa'],
  'floor-bin': ['bin/bad.mjs', '../src/lib/good.ts'],
  'app-parts': ['src/turns/bad-part.ts', '../launch.ts'],
  'app-has-one-door': ['bench/bad.ts', '../src/app.ts'],
  'no-circular': ['src/lib/ring-too.ts', './ring.ts'],
  'no-orphans': ['src/lib/alone.ts', ''],
  'no-dev-dependencies': ['src/lib/late.ts', 'vitest'],
  'not-unlisted': ['src/lib/lucky.ts', 'unlisted'],
  'not-unresolvable': ['src/lib/nowhere.ts', './not-there.ts'],
  'home-better-sqlite3': ['src/turns/bad-package.ts', 'better-sqlite3'],
  'home-execa': ['src/inbound/bad-package.ts', 'execa'],
  'home-claude-agent-sdk': ['src/sandbox/bad-package.ts', '@anthropic-ai/claude-agent-sdk'],
  'home-citty': ['src/admin/bad-package.ts', 'citty'],
  'home-p-queue': ['src/store/bad-package.ts', 'p-queue'],
  'home-pino': ['src/cli/bad-package.ts', 'pino'],
  'home-markdown-it': ['src/outbound/bad-package.ts', 'markdown-it'],
  'home-cron-parser': ['src/schedule/bad-package.ts', 'cron-parser'],
};

/** What each floor is for: none of these may be red. */
const legal: Record<string, string[]> = {
  'src/model/pair.ts': ['./good.ts', '../../protocol/good.ts'],
  'src/lib/lanes.ts': ['../model/errors.ts', 'p-queue'],
  'src/lib/log.ts': ['pino'],
  'src/text/markdown.ts': ['../model/good.ts', '../lib/good.ts', 'marked'],
  'src/store/rows.ts': ['../model/good.ts', 'better-sqlite3', './good.ts'],
  'src/sandbox/docker.ts': ['./sandbox.ts', 'execa'],
  'src/acts/act.ts': ['../store/good.ts', '../text/good.ts'],
  'src/outbound/deliver.ts': ['../channels/channel.ts', '../store/good.ts'],
  'src/ipc/requests.ts': ['../tools/tool.ts', '../acts/good.ts'],
  'src/turns/turn.ts': ['../sandbox/sandbox.ts', '../ipc/mailbox.ts', '../store/good.ts'],
  'src/channels/slack/channel.ts': ['../channel.ts', './good.ts', '../../lib/good.ts'],
  'src/launch.ts': ['./sandbox/good.ts', './gateway/good.ts'],
  'src/cli/main.ts': ['../index.ts', '../admin/client.ts', 'citty'],
  'src/store/rows.test.ts': ['../turns/good.ts', 'vitest'],
  'test/house.ts': ['../src/app.ts'],
  'container/agent-runner/src/index.ts': ['../../../protocol/good.ts', '@anthropic-ai/claude-agent-sdk'],
};

let tree: string;
let report: { ok: boolean; text: string };

beforeAll(() => {
  tree = mkdtempSync(path.join(tmpdir(), 'nanoclaw-floors-'));
  copyFileSync(path.join(root, '.dependency-cruiser.cjs'), path.join(tree, '.dependency-cruiser.cjs'));
  writeFileSync(path.join(tree, 'tsconfig.json'), JSON.stringify({ compilerOptions: { module: 'NodeNext' } }));
  const packages = ['better-sqlite3', 'execa', 'citty', 'p-queue', 'pino', 'marked', 'cron-parser', 'zod'];
  const agentSdk = '@anthropic-ai/claude-agent-sdk';
  install('.', [...packages, agentSdk, 'vitest', 'unlisted']);
  install('container/agent-runner', [agentSdk]);
  manifest('.', { dependencies: listed([...packages, agentSdk]), devDependencies: listed(['vitest']) });
  manifest('container/agent-runner', { dependencies: listed([agentSdk]) });
  const imports = { ...legal };
  for (const [from, to] of Object.values(plants)) imports[from] = [...(imports[from] ?? []), to];
  imports['src/lib/ring.ts'] = ['./ring-too.ts'];
  for (const [file, targets] of Object.entries(imports)) {
    write(file, targets.map((target) => (target === '' ? '' : `import type {} from '${target}';\n`)).join(''));
    for (const target of targets) standIn(file, target);
  }
  report = checkOutput(['--only', 'floors', '--root', tree]);
});

afterAll(() => rmSync(tree, { recursive: true, force: true }));

describe('the floors', () => {
  it('have a planted bad import for every rule', () => {
    const config = z.object({ forbidden: z.array(z.object({ name: z.string(), comment: z.string().min(20) })) });
    const load = createRequire(import.meta.url);
    const { forbidden } = config.parse(load(path.join(root, '.dependency-cruiser.cjs')));
    expect(forbidden.map((rule) => rule.name).sort()).toEqual(Object.keys(plants).sort());
  });

  it.each(Object.entries(plants))('%s goes red for a planted import', (rule, [from]) => {
    expect(report.ok).toBe(false);
    expect(report.text).toContain(`${rule}: ${from} →`);
  });

  it.each(Object.keys(legal))('let %s import what its floor is for', (file) => {
    expect(report.text.split('\n').filter((line) => line.includes(`: ${file} →`))).toEqual([]);
  });
});

function write(file: string, text: string): void {
  mkdirSync(path.dirname(path.join(tree, file)), { recursive: true });
  writeFileSync(path.join(tree, file), text);
}

/** An imported file must exist, or the import is red for the wrong reason. It imports something, so that it is no orphan. */
function standIn(from: string, target: string): void {
  if (!target.startsWith('.') || target.includes('not-there')) return;
  const file = path.posix.join(path.posix.dirname(from), target);
  const planted = Object.values(plants).some(([plant]) => plant === file) || file in legal || file.includes('ring');
  if (!planted) write(file, 'export {};\n');
}

function install(folder: string, names: string[]): void {
  for (const name of names) {
    const manifestText = JSON.stringify({ name, version: '1.0.0', main: 'index.js' });
    write(`${folder}/node_modules/${name}/package.json`, manifestText);
    write(`${folder}/node_modules/${name}/index.js`, '');
  }
}

function manifest(folder: string, content: object): void {
  write(`${folder}/package.json`, JSON.stringify({ name: 'planted', version: '1.0.0', type: 'module', ...content }));
}

function listed(names: string[]): Record<string, string> {
  return Object.fromEntries(names.map((name) => [name, '1.0.0']));
}
