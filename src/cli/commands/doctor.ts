import { defineCommand } from 'citty';
import type { Finding } from '../../../setup/doctor.ts';
import type { AdminClient } from '../../admin/client.ts';
import { type Config, readConfig } from '../../config.ts';
import { hasCode, NanoclawError, sentenceOf } from '../../model/errors.ts';
import type { Cli } from '../cli.ts';

export const command = (cli: Cli) =>
  defineCommand({
    meta: {
      name: 'doctor',
      description: 'Check this machine, the settings, the model and the host, and say what to do',
    },
    args: { json: { type: 'boolean', description: 'As JSON' } },
    async run({ args }) {
      const { findingsInWords } = await import('../../../setup/doctor.ts');
      const findings = await examine(cli);
      cli.print(findings, { json: args.json, words: findingsInWords });
      if (findings.some(({ state }) => state === 'problem')) cli.failed();
    },
  });

async function examine(cli: Cli): Promise<readonly Finding[]> {
  const { examineMachine, examineAround } = await import('../../../setup/doctor.ts');
  const settings = await examineSettings(cli.checkout);
  const { config } = settings;
  if (!config) return [...(await examineMachine(cli.checkout, {})), settings.finding];
  const host = await examineHost(cli);
  const runtime = host.runtime ?? config.runtime;
  const machine = await examineMachine(cli.checkout, { home: config.home, runtime });
  const around = await examineAround(config, runtime);
  return [...machine, settings.finding, ...around, ...host.findings];
}

async function examineSettings(checkout: string): Promise<{ finding: Finding; config?: Config }> {
  const base = { check: 'settings', title: 'Settings' };
  try {
    const { channelSettingNames } = await import('../../index.ts');
    const config = readConfig(checkout, { channelSettings: await channelSettingNames() });
    const [warning] = config.warnings;
    return {
      config,
      finding: { ...base, ...(warning ? { state: 'warning', says: warning } : { state: 'ok', says: config.home }) },
    };
  } catch (error) {
    if (!(error instanceof NanoclawError)) throw error;
    const { message: says, cure = '' } = error;
    return { finding: { ...base, state: 'problem', says, cure } };
  }
}

/** What the running host says of itself. */
async function examineHost(cli: Cli): Promise<{ findings: readonly Finding[]; runtime?: string }> {
  try {
    return await cli.withHost(askHost);
  } catch (error) {
    if (!(error instanceof NanoclawError)) throw error;
    const running = !hasCode(error, 'admin.not-running');
    const base = { check: 'host', title: 'Host' };
    if (hasCode(error, 'host.starting')) return { findings: [{ ...base, state: 'ok', says: error.message }] };
    if (running) return { findings: [{ ...base, state: 'problem', says: sentenceOf(error) }] };
    return { findings: [{ ...base, state: 'warning', says: 'is not running.', cure: 'Start it: ./nanoclaw start.' }] };
  }
}

async function askHost(host: AdminClient): Promise<{ findings: readonly Finding[]; runtime: string }> {
  const status = await host.call('status', {});
  const groups = await host.call('groups.list', {});
  const { runtime, state } = status.sandbox;
  const findings: Finding[] = [{ check: 'host', title: 'Host', state: 'ok', says: `runs (pid ${status.pid})` }];
  if (state !== 'ready')
    findings.push({ check: 'engine', title: 'Engine', state: 'problem', says: `${runtime}: ${state}` });
  for (const channel of status.channels) {
    const bad = channel.state.includes(': ');
    const says = `${channel.name} ${channel.state}`;
    const cure = 'Check its token in .env and the network, then ./nanoclaw logs.';
    findings.push({
      check: 'channel',
      title: 'Channel',
      ...(bad ? { state: 'problem', says, cure } : { state: 'ok', says }),
    });
  }
  for (const { folder, mounts } of groups) {
    for (const { problem } of mounts) {
      if (problem !== null)
        findings.push({ check: 'mount', title: `Mount of ${folder}`, state: 'problem', says: problem });
    }
  }
  for (const says of status.warnings) findings.push({ check: 'warning', title: 'Note', state: 'warning', says });
  return { findings, runtime };
}
