// What keeps a sandbox from working, and a command that this very user can run. Plain JavaScript: the preflight asks it
// before any package is installed, the host asks it later.
import { spawnSync } from 'node:child_process';
import { accessSync, constants, existsSync, readFileSync, readlinkSync, statSync } from 'node:fs';
import { userInfo } from 'node:os';
import { delimiter, join } from 'node:path';

/**
 * Who asks, as far as cures depend on it. `rights`: `sudo` where they may become root by it.
 * @typedef {{ name: string, rights: 'root' | 'sudo' | 'none', groups: string[], listedIn: string[], searchPath: string }} User
 */

/** @param {string} searchPath @returns {User} */
export function thisUser(searchPath) {
  const { username: name, uid } = userInfo();
  const entries = readLines('/etc/group').map((line) => line.split(':'));
  const own = new Set(process.getgroups?.() ?? []);
  const groups = entries.filter(([, , gid]) => own.has(Number(gid))).map(([group = '']) => group);
  const listedIn = entries
    .filter(([, , , members = '']) => members.split(',').includes(name))
    .map(([group = '']) => group);
  return { name, groups, listedIn, searchPath, rights: uid === 0 ? 'root' : maySudo(searchPath, groups) };
}

/**
 * A command that only root may run, as this user runs it.
 * @param {User} user
 * @param {string} command
 */
export function asRoot(user, command) {
  if (user.rights === 'none') return `ask the administrator of this machine to run: ${command}`;
  return user.rights === 'root' ? command : command.replace(/(^|&& )/g, '$1sudo ');
}

/**
 * Installs a package by whatever this system has for it.
 * @param {User} user
 * @param {{ apt: string, dnf?: string, pacman?: string, apk?: string }} names
 */
export function installing(user, names) {
  const { apt, dnf = apt, pacman = apt, apk = apt } = names;
  const ways = [
    ['apt-get', `apt-get install -y ${apt}`],
    ['dnf', `dnf install -y ${dnf}`],
    ['pacman', `pacman -S --noconfirm ${pacman}`],
    ['apk', `apk add ${apk}`],
  ];
  const [, command] = ways.find(([program = '']) => programIn(user.searchPath, program)) ?? [];
  return command === undefined ? `install ${apt} with this system's package manager` : asRoot(user, command);
}

/** @param {User} user */
export function dockerStart(user) {
  const command = existsSync('/run/systemd/system') ? 'systemctl start docker' : 'service docker start';
  const linux = command.startsWith('systemctl') ? command : `${command}, or systemctl start docker`;
  return `Start it (Linux: ${asRoot(user, linux)}; macOS: open the docker app), then wait or try again.`;
}

/** @param {User} user */
export function dockerAccess(user) {
  if (user.listedIn.includes('docker') && !user.groups.includes('docker')) {
    return "You are in the group docker, but this session began before that: log out and in again, or run: sg docker -c './nanoclaw start'.";
  }
  const command = `usermod -aG docker ${user.name}`;
  return `Give your user access to it (${asRoot(user, command)}), then log out and in again.`;
}

/**
 * Why podman of an ordinary user cannot make containers, by what it said; undefined when nothing known is seen.
 * @param {User} user
 * @param {string} stderr
 * @returns {{ says: string, cure: string } | undefined}
 */
export function podmanProblem(user, stderr) {
  if (user.rights === 'root') return undefined;
  if (/XDG_RUNTIME_DIR.*not owned by the current user/.test(stderr)) {
    return {
      says: 'XDG_RUNTIME_DIR names the directory of another user, as after su.',
      cure: 'Run: unset XDG_RUNTIME_DIR. Then start again.',
    };
  }
  const again = 'Then run: podman system migrate.';
  if (/newuidmap|newgidmap|uidmap/i.test(stderr) && !programIn(user.searchPath, 'newuidmap')) {
    const install = installing(user, { apt: 'uidmap', dnf: 'shadow-utils', pacman: 'shadow', apk: 'shadow-uidmap' });
    return {
      says: 'The command newuidmap, which podman needs without root, is not installed.',
      cure: sentence(install),
    };
  }
  if (!hasSubordinates('/etc/subuid', user) || !hasSubordinates('/etc/subgid', user)) {
    const range = freeSubordinates(`${textOf('/etc/subuid')}\n${textOf('/etc/subgid')}`);
    const command = `usermod --add-subuids ${range} --add-subgids ${range} ${user.name}`;
    return {
      says: `The user ${user.name} has no entry in /etc/subuid and /etc/subgid, so podman cannot make containers.`,
      cure: `${sentence(asRoot(user, command))} ${again}`,
    };
  }
  const helper = programIn(user.searchPath, 'newuidmap');
  if (/newuidmap|newgidmap/i.test(stderr) && /not permitted|permission denied/i.test(stderr) && helper !== undefined) {
    if ((statSync(helper).mode & 0o4000) === 0) {
      const command = `chmod u+s ${helper} ${helper.replace('newuidmap', 'newgidmap')}`;
      return { says: `${helper} has lost the right to map users.`, cure: sentence(asRoot(user, command)) };
    }
    return {
      says: 'This machine does not let podman map users; perhaps it is itself a container.',
      cure: 'Run the host outside of it.',
    };
  }
  if (/XDG_RUNTIME_DIR|\/run\/user\/\d+/.test(stderr)) {
    if (!existsSync('/run/systemd/system')) {
      return {
        says: 'This session has no runtime directory for podman.',
        cure: 'Run: export XDG_RUNTIME_DIR="$(mktemp -d)". Then start again.',
      };
    }
    const command = `loginctl enable-linger ${user.name}`;
    return {
      says: 'This session has no runtime directory for podman.',
      cure: `${sentence(asRoot(user, command))} Then log in again.`,
    };
  }
  return undefined;
}

/**
 * Numbers that no user has yet: who shared theirs with another could reach into that one's containers.
 * @param {string} taken lines of /etc/subuid and /etc/subgid
 */
export function freeSubordinates(taken) {
  const ends = taken.split('\n').map((line) => {
    const [, first, count] = line.split(':');
    return Number(first) + Number(count);
  });
  const first = Math.max(100_000, ...ends.filter((end) => Number.isSafeInteger(end)));
  return `${first}-${first + 65_535}`;
}

/**
 * Why podman of an ordinary user cannot keep a run to its limits, by its own `info --format json`; undefined when it can,
 * or when that is not known. Asked before anything is built: it refuses each run otherwise.
 * @param {User} user
 * @param {string} info
 * @returns {{ says: string, cure: string } | undefined}
 */
export function podmanLimitsProblem(user, info) {
  if (user.rights === 'root') return undefined;
  const { cgroupVersion, cgroupControllers, security } = hostIn(info);
  // A client of another machine's podman is told of that one.
  if (security?.rootless === false) return undefined;
  if (cgroupVersion === 'v1') {
    const parameter = 'systemd.unified_cgroup_hierarchy=1';
    const boot = `boot this machine with the kernel parameter ${parameter} (cgroups version 2)`;
    return {
      says: 'podman works, but without root it cannot limit memory and processes on cgroups version 1, which this machine has.',
      cure: user.rights === 'none' ? `Ask its administrator to ${boot}.` : `To use it, ${boot}.`,
    };
  }
  if (cgroupVersion !== 'v2' || !Array.isArray(cgroupControllers)) return undefined;
  const missing = ['cpu', 'memory', 'pids'].filter((name) => !cgroupControllers.includes(name));
  if (missing.length === 0) return undefined;
  const says = `podman works, but this user may not limit ${missing.join(', ')} (these cgroup controllers are not delegated).`;
  if (!existsSync('/run/systemd/system')) {
    return { says, cure: 'Without systemd nobody delegates them: run the host as root, or use docker.' };
  }
  const folder = '/etc/systemd/system/user@.service.d';
  const text = '[Service]\\nDelegate=cpu cpuset io memory pids\\n';
  const sudo = user.rights === 'sudo' ? 'sudo ' : '';
  const command =
    `${sudo}mkdir -p ${folder} && printf '${text}' | ${sudo}tee ${folder}/delegate.conf && ` +
    `${sudo}systemctl daemon-reload`;
  const who = user.rights === 'none' ? `Ask the administrator of this machine to run: ${command}` : `Run: ${command}`;
  return { says, cure: `${who}. Then log out and in again.` };
}

/**
 * A storage of podman that works and is slow, by its own `info --format json`.
 * @param {string} info
 * @returns {{ says: string, cure: string } | undefined}
 */
export function podmanStorageProblem(info) {
  if (storeIn(info).graphDriverName !== 'vfs') return undefined;
  const setting = `printf '[storage]\\ndriver = "overlay"\\n' > ~/.config/containers/storage.conf`;
  return {
    says: 'podman keeps its images with the driver vfs, which copies 0.9 GB for each container: a first answer takes minutes, and disk.',
    cure:
      'Where this podman holds nothing you need, run: podman system reset --force && mkdir -p ~/.config/containers && ' +
      `${setting}. (Older kernels than 5.13 need the package fuse-overlayfs.)`,
  };
}

/**
 * What a bubblewrap that could not start said, as a sentence with its cure.
 * @param {User} user
 * @param {string} stderr
 * @returns {{ says: string, cure: string }}
 */
export function bubblewrapProblem(user, stderr) {
  if (!ownProc()) {
    return {
      says: 'The /proc here belongs to another process namespace, so nothing can be shut in.',
      cure: 'Whoever made this namespace must mount its own /proc (bwrap --unshare-pid --proc /proc, unshare --fork --pid --mount-proc).',
    };
  }
  const known = problems.find(({ words }) => words.test(stderr));
  if (known) return { says: known.says, cure: known.cure(user) };
  const words = stderr.trim().slice(0, 300) || 'no reason given';
  return {
    says: `bubblewrap could not make a sandbox: ${words}.`,
    cure: `Run "bwrap --unshare-all --ro-bind / / --proc /proc true" to see it again. Or use Docker: ${installing(user, { apt: 'docker.io', dnf: 'docker', pacman: 'docker', apk: 'docker' })}.`,
  };
}

const orEngine = (/** @type {User} */ user) =>
  ` Or use Docker: ${installing(user, { apt: 'docker.io', dnf: 'docker', pacman: 'docker', apk: 'docker' })}.`;

const problems = [
  {
    words: /No permissions to creat\w* (a )?new namespace|Creating new namespace failed: Operation not permitted/i,
    says: 'This machine does not allow sandboxes: an ordinary program may not create namespaces here.',
    cure: (/** @type {User} */ user) =>
      existsSync('/proc/sys/kernel/unprivileged_userns_clone')
        ? `${sentence(asRoot(user, 'sysctl -w kernel.unprivileged_userns_clone=1'))}${orEngine(user)}`
        : 'Inside a container: run the host outside of it, or give that container seccomp=unconfined and, for Docker, ' +
          `--security-opt systempaths=unconfined. Elsewhere: ${asRoot(user, 'sysctl -w kernel.unprivileged_userns_clone=1')}.${orEngine(user)}`,
  },
  {
    words: /max_\S*namespaces|ENOSPC/,
    says: 'This machine allows no (or no more) user namespaces, which bubblewrap needs.',
    cure: (/** @type {User} */ user) =>
      `Allow them: ${asRoot(user, 'sysctl -w user.max_user_namespaces=15000')}.${orEngine(user)}`,
  },
  {
    words: /mount(ing)? proc|mount proc on/i,
    says: 'This machine is a container that hides parts of /proc, so no sandbox inside it can have a /proc.',
    cure: () => 'Run the host outside of it, or start that container with --security-opt systempaths=unconfined.',
  },
  {
    words: /setting up uid map: Permission denied|RTM_NEWADDR: Operation not permitted/,
    says: 'AppArmor keeps bubblewrap from making a sandbox (as Ubuntu 24.04 and later do).',
    cure: (/** @type {User} */ user) => {
      const profile = 'abi <abi/4.0>,\\nprofile bwrap /usr/bin/bwrap flags=(unconfined) {\\n  userns,\\n}\\n';
      const sudo = user.rights === 'sudo' ? 'sudo ' : '';
      const command = `printf '${profile}' | ${sudo}tee /etc/apparmor.d/bwrap && ${sudo}apparmor_parser -r /etc/apparmor.d/bwrap`;
      const who = user.rights === 'none' ? `ask the administrator of this machine to run: ${command}` : command;
      return `Allow it: ${who}.${orEngine(user)}`;
    },
  },
  {
    words: /bwrap: Unknown option/i,
    says: 'This bubblewrap is too old: 0.8.0 or newer is needed.',
    cure: (/** @type {User} */ user) => `Upgrade it, or use Docker.${orEngine(user)}`,
  },
  {
    words: /setpriv: (unrecognized|invalid) option/,
    says: 'The command setpriv is too old to give up root safely.',
    cure: () => 'Run the host as an ordinary user, upgrade util-linux, or install Docker.',
  },
];

/** @param {User} user */
export function installBubblewrap(user) {
  return `Install it: ${installing(user, { apt: 'bubblewrap' })} (or your system’s own way).`;
}

/** @param {string} searchPath @param {string} name */
export function programIn(searchPath, name) {
  return searchPath
    .split(delimiter)
    .filter((directory) => directory.startsWith('/'))
    .map((directory) => join(directory, name))
    .find((path) => {
      try {
        accessSync(path, constants.X_OK);
        return statSync(path).isFile();
      } catch {
        // Absent, or not for us: the same to who looks for a program.
        return false;
      }
    });
}

/** @param {string} command */
function sentence(command) {
  return `${command.startsWith('ask') ? `A${command.slice(1)}` : `Run: ${command}`}.`;
}

/** @param {string} searchPath @param {string[]} groups @returns {'sudo' | 'none'} */
function maySudo(searchPath, groups) {
  const sudo = programIn(searchPath, 'sudo');
  if (sudo === undefined) return 'none';
  if (groups.some((group) => ['sudo', 'wheel', 'admin'].includes(group))) return 'sudo';
  return spawnSync(sudo, ['-n', 'true'], { stdio: 'ignore', timeout: 1_000 }).status === 0 ? 'sudo' : 'none';
}

/** @param {string} info @returns {{ cgroupVersion?: unknown, cgroupControllers?: unknown, security?: { rootless?: unknown } }} */
function hostIn(info) {
  return parsed(info).host ?? {};
}

/** @param {string} info @returns {{ graphDriverName?: unknown }} */
function storeIn(info) {
  return parsed(info).store ?? {};
}

/** @param {string} info */
function parsed(info) {
  try {
    return JSON.parse(info);
  } catch {
    // A podman that says it in another way: nothing is known of it.
    return {};
  }
}

/** @param {string} file @param {User} user */
function hasSubordinates(file, { name }) {
  const uid = String(process.getuid?.() ?? '');
  return readLines(file).some((line) => {
    const [owner, , count] = line.split(':');
    return (owner === name || owner === uid) && Number(count) >= 1_000;
  });
}

function ownProc() {
  if (process.platform !== 'linux') return true;
  try {
    return readlinkSync('/proc/self') === String(process.pid);
  } catch {
    // No such link: this process is not in the namespace that is mounted there.
    return false;
  }
}

/** @param {string} file */
function readLines(file) {
  return textOf(file).split('\n');
}

/** @param {string} file */
function textOf(file) {
  return existsSync(file) ? readFileSync(file, 'utf8') : '';
}
