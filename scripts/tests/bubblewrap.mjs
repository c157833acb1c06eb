// The local sandbox is what most tests run agents in. It needs bubblewrap, and a kernel that lets it make namespaces.
import { spawnSync } from 'node:child_process';

/** `{ok:true}`, or why not and what to do. Installs bubblewrap where that needs no question: as root, on apt. */
export async function ensureBubblewrap({ log }) {
  if (process.platform !== 'linux') {
    return { ok: false, why: 'The local sandbox exists on Linux only.', cure: 'Run the tests on Linux for them.' };
  }
  if (!has('bwrap') && process.getuid() === 0 && has('apt-get')) {
    log('bubblewrap is missing: installing it with apt-get …');
    apt(['update']);
    apt(['install', '-y', '--no-install-recommends', 'bubblewrap']);
  }
  if (!has('bwrap')) {
    return {
      ok: false,
      why: 'bubblewrap (bwrap) is not installed.',
      cure: 'Install it: sudo apt-get install -y bubblewrap',
    };
  }
  const args = ['--ro-bind', '/', '/', '--dev', '/dev', '--unshare-pid', '--unshare-net', '--', 'true'];
  const { status, stderr } = spawnSync('bwrap', args, { encoding: 'utf8' });
  if (status === 0) return { ok: true };
  const cure = 'Allow user namespaces (sysctl kernel.unprivileged_userns_clone=1, or an AppArmor profile for bwrap).';
  return { ok: false, why: `bubblewrap cannot make a sandbox here: ${(stderr ?? '').trim()}.`, cure };
}

function has(program) {
  return spawnSync('sh', ['-c', `command -v ${program}`], { stdio: 'ignore' }).status === 0;
}

function apt(args) {
  spawnSync('apt-get', args, { stdio: 'inherit', env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' } });
}
