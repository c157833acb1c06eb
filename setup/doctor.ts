// The whole chain from this machine to an answer, as findings with what to do. The machine's part is the preflight's own.
import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { inWords, preflight } from '../scripts/preflight.mjs';
import type { Config } from '../src/config.ts';
import { runProgram } from '../src/lib/program.ts';
import { serviceState } from './service.ts';

export interface Finding {
  readonly check: string;
  readonly title: string;
  readonly state: 'ok' | 'warning' | 'problem';
  readonly says: string;
  readonly cure?: string;
}

export const findingsInWords: (findings: readonly Finding[]) => string = inWords;

/** Node, folders, disk, sandbox: what the first start looks at, but for what is installed by now. */
export async function examineMachine(
  checkout: string,
  at: { home?: string | undefined; runtime?: string | undefined },
): Promise<readonly Finding[]> {
  return preflight(checkout, { installed: true, ...at });
}

/** What lies outside of the host's process: the image, the way to the model, the clock, the service. */
export async function examineAround(config: Config, runtime: string): Promise<readonly Finding[]> {
  const found = await Promise.all([examineImage(config, runtime), examineModel(config), examineService()]);
  return [examineStore(config), ...found.flat()];
}

/** What a host that met damage has left; the next start that finds all in order takes it away. */
function examineStore({ home }: Config): Finding {
  const base = { check: 'store', title: 'Stored messages' };
  const path = join(home, 'store', 'messages.db');
  const mark = `${path}.damaged-since`;
  if (!existsSync(mark)) return { ...base, state: 'ok', says: path };
  return { ...base, state: 'problem', says: readFileSync(mark, 'utf8').trim() };
}

async function examineImage({ image, environment }: Config, runtime: string): Promise<Finding[]> {
  if (runtime !== 'docker' && runtime !== 'podman') return [];
  const base = { check: 'image', title: 'Agent image' };
  const env = { ...process.env, PATH: environment.path };
  const { code } = await runProgram(runtime, ['image', 'inspect', image], { env, deadlineMs: 5_000 });
  if (code === 0) return [{ ...base, state: 'ok', says: image }];
  const cure = 'Build it: ./nanoclaw setup --step container (some minutes, once).';
  return [{ ...base, state: 'problem', says: `${runtime} has no image ${image}.`, cure }];
}

async function examineModel({ credential, upstreamUrl, checkout }: Config): Promise<Finding[]> {
  const findings: Finding[] = [];
  const key = { check: 'credential', title: 'Credential' };
  findings.push(
    credential
      ? { ...key, state: 'ok', says: `${credential.variable} is set` }
      : {
          ...key,
          state: 'warning',
          says: 'none: the built-in rehearsal model answers, in the terminal only.',
          cure: 'Put ANTHROPIC_API_KEY=… or CLAUDE_CODE_OAUTH_TOKEN=… into .env and start again.',
        },
  );
  const host = new URL(upstreamUrl).host;
  const net = { check: 'model', title: 'Model server' };
  try {
    const answer = await fetch(upstreamUrl, { method: 'HEAD', redirect: 'manual', signal: AbortSignal.timeout(3_000) });
    findings.push({ ...net, state: 'ok', says: `${host} answers` }, clock(checkout, answer.headers.get('date')));
  } catch (error) {
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause.message : String(error);
    const state = credential ? 'problem' : 'warning';
    const cure = 'Check the network, ANTHROPIC_BASE_URL and HTTPS_PROXY.';
    findings.push({ ...net, state, says: `${host} cannot be reached: ${cause}.`, cure }, clock(checkout, null));
  }
  return findings;
}

/** A clock that is wrong breaks certificates and schedules. */
function clock(checkout: string, theirs: string | null): Finding {
  const base = { check: 'clock', title: 'Clock' };
  const now = Date.now();
  const away = theirs === null ? 0 : Math.round((now - Date.parse(theirs)) / 60_000);
  const early = now < statSync(join(checkout, 'package.json')).mtimeMs - 86_400_000;
  if (Math.abs(away) < 5 && !early) return { ...base, state: 'ok', says: new Date(now).toString() };
  const says = early
    ? 'it is earlier than the day this program was released.'
    : `it is ${Math.abs(away)} minutes ${away > 0 ? 'fast' : 'slow'}.`;
  return { ...base, state: 'problem', says, cure: 'Set it, as root: timedatectl set-ntp true.' };
}

async function examineService(): Promise<Finding[]> {
  const base = { check: 'service', title: 'Service' };
  const state = await serviceState();
  if (state.systemd === 'none') return [{ ...base, state: 'ok', says: 'systemd is not running here' }];
  if (!state.installed) {
    return [{ ...base, state: 'ok', says: 'not installed (./nanoclaw service install keeps the host running)' }];
  }
  if (!state.active) {
    const cure = 'See why: ./nanoclaw logs. Then: ./nanoclaw service install.';
    return [{ ...base, state: 'problem', says: 'installed but not running.', cure }];
  }
  if (state.lingers) return [{ ...base, state: 'ok', says: 'running' }];
  const cure = 'As root, once: loginctl enable-linger for your user.';
  return [{ ...base, state: 'warning', says: 'running, but it ends when you log out.', cure }];
}
