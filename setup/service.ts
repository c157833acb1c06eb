// Keeps the host running by systemd: as a unit of the user, or of the system where root runs it.
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { homedir, userInfo } from 'node:os';
import { dirname, join } from 'node:path';
import { runProgram } from '../src/lib/program.ts';
import { NanoclawError } from '../src/model/errors.ts';

const name = 'nanoclaw.service';

export interface ServiceOptions {
  readonly checkout: string;
  readonly home: string;
  readonly searchPath: string;
}

/** The unit as it would be installed for whoever asks. */
export function unitText({ checkout, home, searchPath }: ServiceOptions): string {
  const command = [process.execPath, join(checkout, 'bin', 'nanoclaw.mjs'), 'start', '--no-chat'];
  return [
    '[Unit]',
    'Description=NanoClaw, a personal assistant',
    ...(isRoot() ? ['Wants=network-online.target', 'After=network-online.target docker.service'] : []),
    '',
    '[Service]',
    `ExecStart=${command.map(quoted).join(' ')}`,
    `Environment=${quoted(`NANOCLAW_HOME=${home}`)}`,
    // Where it is typed in a shell, engines are found here; a service has a shorter PATH of its own.
    `Environment=${quoted(`PATH=${searchPath}`)}`,
    'Restart=on-failure',
    'RestartSec=5',
    '# Running answers get 30 s at a stop.',
    'TimeoutStopSec=60',
    'KillMode=mixed',
    '',
    '[Install]',
    `WantedBy=${isRoot() ? 'multi-user.target' : 'default.target'}`,
    '',
  ].join('\n');
}

export function unitPath(): string {
  return isRoot() ? join('/etc/systemd/system', name) : join(homedir(), '.config', 'systemd', 'user', name);
}

/** Writes the unit, starts it now and at every boot. Returns what a person should know. */
export async function installService(options: ServiceOptions): Promise<string[]> {
  await systemctl('daemon-reload');
  const path = unitPath();
  const before = existsSync(path) ? readFileSync(path, 'utf8') : undefined;
  if (before !== undefined && !before.includes(quoted(join(options.checkout, 'bin', 'nanoclaw.mjs')))) {
    throw new NanoclawError('service.taken', `${path} belongs to another checkout.`, {
      cure: 'Uninstall that one first: ./nanoclaw service uninstall, in its folder.',
    });
  }
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, unitText(options));
  await systemctl('daemon-reload');
  await systemctl('enable', name);
  await systemctl('restart', name);
  return [`Installed and started ${path}.`, ...(await linger())];
}

/** Without lingering a user's services end with their last session. */
async function linger(): Promise<string[]> {
  if (isRoot() || (await lingers()) === 'yes') return [];
  const { username } = userInfo();
  const { code } = await runProgram('loginctl', ['enable-linger', username]);
  if (code === 0) return ['It keeps running when you log out and starts at boot (lingering is on).'];
  return [`It ends when you log out. To keep it running, as root, once: loginctl enable-linger ${username}`];
}

async function lingers(): Promise<string> {
  const { stdout } = await runProgram(
    'loginctl',
    ['show-user', userInfo().username, '--property=Linger', '--value'],
    {},
  );
  return stdout.trim();
}

export async function uninstallService(): Promise<void> {
  if (existsSync(unitPath())) await systemctl('disable', '--now', name);
  rmSync(unitPath(), { force: true });
  await systemctl('daemon-reload');
}

export interface ServiceState {
  /** `none`: there is no systemd here to ask. */
  readonly systemd: 'none' | 'there';
  readonly installed: boolean;
  readonly active: boolean;
  readonly enabled: boolean;
  /** It lives on when its user logs out. */
  readonly lingers: boolean;
}

export async function serviceState(): Promise<ServiceState> {
  const installed = existsSync(unitPath());
  if (!hasSystemd()) return { systemd: 'none', installed, active: false, enabled: false, lingers: false };
  const is = async (what: string) => (await runProgram('systemctl', [...scope(), what, name])).code === 0;
  const [active, enabled] = [await is('is-active'), await is('is-enabled')];
  return { systemd: 'there', installed, active, enabled, lingers: isRoot() || (await lingers()) === 'yes' };
}

async function systemctl(...words: string[]): Promise<void> {
  if (!hasSystemd()) {
    throw new NanoclawError('service.no-systemd', 'systemd is not running on this machine.', {
      cure: 'Have the init system of this machine run: ./nanoclaw start --no-chat. Or until the next boot: nohup ./nanoclaw start --no-chat &',
    });
  }
  const ran = await runProgram('systemctl', [...scope(), ...words]);
  if (ran.code === 0) return;
  const said = ran.stderr.trim().split('\n').at(-1) ?? 'no reason given';
  const noBus = /bus|XDG_RUNTIME_DIR/i.test(said);
  const uid = process.getuid?.() ?? '';
  throw new NanoclawError('service.failed', `systemctl ${words.join(' ')} failed: ${said}.`, {
    cure: noBus
      ? `This session has no user manager, as after su or sudo. Log in as this user, or: export XDG_RUNTIME_DIR=/run/user/${uid} (root first: loginctl enable-linger ${userInfo().username}).`
      : `See: journalctl ${scope().join(' ')} -u ${name} -n 30`,
  });
}

function hasSystemd(): boolean {
  return existsSync('/run/systemd/system');
}

function isRoot(): boolean {
  return process.getuid?.() === 0;
}

function scope(): string[] {
  return isRoot() ? [] : ['--user'];
}

/** As systemd reads a word: its own marks are doubled, blanks stand in quotes. */
function quoted(word: string): string {
  return `"${word.replace(/[\\"]/g, '\\$&').replaceAll('%', '%%').replaceAll('$', '$$$$')}"`;
}
