import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { toolDefinitions } from '../../../protocol/tools.ts';
import { HostSide } from '../test/host-side.ts';
import { deadlineMs, openRunner, until } from '../test/open-runner.ts';
import { openScriptedModel, type Script } from '../test/scripted-model.ts';
import { agentTools } from './options.ts';

const name = 'mcp__nanoclaw__send_message';
const send =
  (input: object): Script =>
  (call) =>
    call.results[0] ? { text: `tool said: ${call.results[0].text}` } : { tool: name, input };

describe('the host’s tools', { timeout: 3 * deadlineMs }, () => {
  test('a message is asked for as a file, before the answer; the reply is told to the model and acknowledged', async () => {
    await using model = await openScriptedModel(send({ text: 'on my way', sender: 'Scout' }));
    await using runner = await openRunner({
      model: model.url,
      reply: () => ({ ok: true, result: 'sent as m12' }),
    });
    runner.say('go');
    expect(await runner.results(1)).toMatchObject([{ result: 'tool said: sent as m12' }]);
    const [request] = runner.host.requests();
    expect(request).toMatchObject({ type: 'message', chatJid: 'terminal:main', text: 'on my way', sender: 'Scout' });
    expect(runner.host.files('messages')).toEqual([`${request?.id}.json`]);
    expect(runner.host.files('acks')).toContain(request?.id);
    const types = runner.frames.map((frame) => frame.type);
    expect(types.indexOf('bell')).toBeLessThan(types.indexOf('result'));
  });

  test('the host’s refusal reaches the model as one', async () => {
    await using model = await openScriptedModel(send({ text: 'x' }));
    const error = { code: 'forbidden', message: 'This chat is not yours.' };
    await using runner = await openRunner({ model: model.url, reply: () => ({ ok: false, error }) });
    runner.say('go');
    expect(await runner.results(1)).toMatchObject([{ result: 'tool said: This chat is not yours. (forbidden)' }]);
    expect(model.calls[1]?.results[0]?.isError).toBe(true);
  });

  test('silence is not called a failure', async () => {
    await using model = await openScriptedModel(send({ text: 'x' }));
    await using runner = await openRunner({ model: model.url, layout: { replyMs: 700 } });
    runner.say('go');
    const [result] = await runner.results(1);
    expect(result?.result).toContain('unknown whether this was done');
    expect(runner.host.files('acks')).toHaveLength(1);
  });

  test('arguments that do not fit are refused in words, and nothing is asked', async () => {
    await using model = await openScriptedModel(send({ text: '', sender: 7 }));
    await using runner = await openRunner({ model: model.url });
    runner.say('go');
    const [result] = await runner.results(1);
    expect(result?.result).toContain('the arguments do not fit');
    expect(result?.result).toContain('→ at text');
    expect(runner.host.files('messages')).toEqual([]);
  });

  test('the SDK offers exactly the tools we chose: an upgrade that brings others fails here', async () => {
    await using model = await openScriptedModel(() => ({ text: 'hi' }));
    await using runner = await openRunner({ model: model.url });
    runner.say('go');
    await runner.results(1);
    const ours = toolDefinitions.map((definition) => `mcp__nanoclaw__${definition.name}`);
    // `Agent` still goes by its old name in this list.
    const chosen = agentTools.map((tool) => (tool === 'Agent' ? 'Task' : tool));
    const offered = await until('the list', () => runner.log.join('').match(/tools: (.*)/)?.[1]);
    expect(offered.split(' ').sort()).toEqual([...chosen, ...ours].sort());
    for (const tool of ours) expect(model.calls[0]?.tools).toContain(tool);
    expect(ours).toEqual(expect.arrayContaining([name, 'mcp__nanoclaw__send_file', 'mcp__nanoclaw__schedule_task']));
  });

  test('a file to be sent is asked for by its path; a caption no platform shows is refused in words', async () => {
    const path = '/workspace/group/plan.pdf';
    const inputs = [
      { path, caption: 'The plan' },
      { path, caption: 'x'.repeat(1_001) },
    ];
    const said: string[] = [];
    await using model = await openScriptedModel((call) => {
      said.push(...call.results.map((one) => one.text));
      const input = inputs[said.length];
      return input ? { tool: 'mcp__nanoclaw__send_file', input } : { text: said.join(' | ') };
    });
    await using runner = await openRunner({ model: model.url, reply: () => ({ ok: true, result: 'stored' }) });
    runner.say('go');
    const [result] = await runner.results(1);
    expect(runner.host.requests()).toMatchObject([{ type: 'send_file', chatJid: 'terminal:main', ...inputs[0] }]);
    expect(result?.result).toMatch(/^stored \| .*the arguments do not fit[\s\S]*→ at caption/);
  });

  test('are served on stdio as well', async () => {
    using host = new HostSide(mkdtempSync(join(tmpdir(), 'stdio-')));
    const program = fileURLToPath(new URL('./ipc-mcp-stdio.ts', import.meta.url));
    const child = spawn(process.execPath, ['--import', import.meta.resolve('tsx'), program], {
      env: { ...process.env, NANOCLAW_CHAT_JID: 'tg:1', NANOCLAW_IPC_DIR: host.ipc },
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    let out = '';
    child.stdout.setEncoding('utf8').on('data', (text) => {
      out += String(text);
    });
    const post = (message: object) => child.stdin.write(`${JSON.stringify({ jsonrpc: '2.0', ...message })}\n`);
    const clientInfo = { name: 'test', version: '1' };
    post({ id: 1, method: 'initialize', params: { protocolVersion: '2025-06-18', capabilities: {}, clientInfo } });
    await until('its hello', () => (out.includes('"id":1') ? true : undefined));
    post({ method: 'notifications/initialized' });
    post({ id: 2, method: 'tools/list' });
    post({ id: 3, method: 'tools/call', params: { name: 'send_message', arguments: { text: 'hi' } } });
    const request = await until('the request', () => host.requests()[0]);
    expect(request).toMatchObject({ type: 'message', chatJid: 'tg:1', text: 'hi' });
    host.write(`replies/${request.id}.json`, JSON.stringify({ ok: true, result: 'sent' }));
    await until('the answer', () => (out.includes('"id":3') ? true : undefined));
    post({ id: 4, method: 'tools/call', params: { name: 'register_group', arguments: { jid: 'tg:5' } } });
    await until('the refusal', () => (out.includes('"id":4') ? true : undefined));
    expect(out).toContain('the arguments do not fit');
    const group = { jid: 'tg:5', name: 'Five', folder: 'five', trigger: '@Andy' };
    post({ id: 5, method: 'tools/call', params: { name: 'register_group', arguments: group } });
    const file = await until('the request of a group', () => host.files('tasks').find((one) => one.endsWith('.json')));
    expect(JSON.parse(readFileSync(join(host.ipc, 'tasks', file), 'utf8'))).toMatchObject({
      ...{ type: 'register_group', chatJid: 'tg:1' },
      ...group,
    });
    expect(out).toContain('"text":"sent"');
    const [, list] = out.split('\n').map((line) => (line === '' ? {} : JSON.parse(line)));
    const listed = list.result.tools.map((tool: { name: string }) => tool.name);
    expect(listed).toEqual(toolDefinitions.map((definition) => definition.name));
    child.kill('SIGKILL');
  });
});
