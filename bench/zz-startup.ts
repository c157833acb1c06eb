// scratch
import { mkdtempSync, mkdirSync, rmSync, cpSync } from 'node:fs';
import { join } from 'node:path';
import { randomUUID } from 'node:crypto';
import { TimedModel } from './timed-model.ts';
import { script, plain, promptOf } from './script.ts';
import { moment } from './moment.ts';
const runner = '/work/main/container/agent-runner';
const src = runner + '/dist/container/agent-runner/src/';
const { query, startup }: any = await import(runner + '/node_modules/@anthropic-ai/claude-agent-sdk/sdk.mjs');
const { sdkOptions }: any = await import(src + 'options.js');
const { toolServer }: any = await import(src + 'tool-server.js');
const { layout }: any = await import(src + 'layout.js');
const { PushQueue }: any = await import(src + 'push-queue.js');
const { startLine }: any = await import(runner + '/dist/protocol/start.js');
const root = mkdtempSync('/tmp/zz-');
for (const d of ['group', 'global', 'claude']) mkdirSync(join(root, d));
cpSync('/work/main/groups/main/CLAUDE.md', join(root, 'group/CLAUDE.md')); cpSync('/work/main/groups/global/CLAUDE.md', join(root, 'global/CLAUDE.md'));
const model = new TimedModel(script); const served = await model.serve();
const start = startLine.parse({ runId: 'r', groupFolder: 'main', chatJid: 'tg:1', isMain: true, settings: { timeZone: 'UTC', instructions: 'You are Andy.' } });
function options(over: any = {}) {
  return { ...sdkOptions({ layout: layout.parse({ group: join(root, 'group'), global: join(root, 'global'), claude: join(root, 'claude'), skills: '/work/main/container/skills' }), start, session: { id: randomUUID(), resume: false },
    environment: { PATH: process.env['PATH'], HOME: root, ANTHROPIC_BASE_URL: served.url, ANTHROPIC_API_KEY: 'placeholder', NO_PROXY: '127.0.0.1', ...over.env }, uid: 0, server: toolServer(async () => ({ ok: true, result: '' })), stderr: (t: string) => process.stderr.write(t) }), ...over.options };
}
async function once(kind: string, over: any = {}) {
  const q = new PushQueue(); model.asked.length = 0;
  const t0 = moment(); let ready = t0;
  let it;
  if (kind === 'query') it = query({ prompt: q, options: options(over) });
  else { const w = await startup({ options: options(over) }); ready = moment(); it = w.query(q); }
  q.push({ type: 'user', message: { role: 'user', content: promptOf(plain) }, parent_tool_use_id: null, uuid: randomUUID() });
  for await (const m of it) if (m.type === 'result') { if (m.is_error) console.log(m); break; }
  const t1 = moment(); const asked = model.asked[0]!.at;
  q.end(); it.close?.();
  return { total: t1 - t0, ready: ready - t0, asked: asked - t0 };
}
const cases: Record<string, [string, any]> = eval('(' + (process.argv[3] ?? `{ query: ['query'], startup: ['startup'] }`) + ')');
const res: any = {};
const n = Number(process.argv[2] ?? 9);
for (let i = -1; i < n; i++) for (const [k, [kind, over]] of Object.entries(cases)) {
  const r = await once(kind, over); if (i >= 0) (res[k] ??= []).push(r);
  await new Promise((r) => setTimeout(r, 200));
}
for (const [k, v] of Object.entries<any>(res)) { const m = (f: string) => { const s = v.map((x: any) => x[f]).sort((a: number, b: number) => a - b); return `${f} p50 ${s[s.length >> 1].toFixed(0)} min ${s[0].toFixed(0)}`; }; console.log(k.padEnd(24), m('ready'), ' ', m('asked'), ' ', m('total')); }
await served[Symbol.asyncDispose](); rmSync(root, { recursive: true, force: true, maxRetries: 5 }); process.exit();
