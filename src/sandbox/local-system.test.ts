import { expect, test } from 'vitest';
import { bubblewrapArguments, type LocalPlan } from './local-arguments.ts';
import { hiddenIn, localProblem, systemPaths } from './local-system.ts';

test.each([
  [
    'bwrap: No permissions to create new namespace, likely because the kernel does not allow …',
    /unprivileged_userns_clone/,
  ],
  ['bwrap: Creating new namespace failed: Operation not permitted', /outside|userns_clone/],
  [
    'bwrap: Creating new namespace failed: nesting depth or /proc/sys/user/max_*_namespaces exceeded (ENOSPC)',
    /max_user_namespaces/,
  ],
  ['bwrap: setting up uid map: Permission denied', /apparmor/],
  ['bwrap: loopback: Failed RTM_NEWADDR: Operation not permitted', /apparmor/],
  ['bwrap: Unknown option --disable-userns', /Upgrade/],
  ['something new', /Docker/],
  ["bwrap: Can't mount proc on /newroot/proc: Operation not permitted", /systempaths=unconfined/],
])('%s becomes a sentence with a cure', (words, cure) => {
  const problem = localProblem(words, '/usr/bin:/bin');
  expect(problem).toMatchObject({ code: 'sandbox.unavailable', cure: expect.stringMatching(cure) });
});

test('a home that lies in the toolset is hidden, one that lies elsewhere needs no hiding', () => {
  const system = systemPaths();
  expect(hiddenIn(system, ['/usr/share', '/tmp', '/absent'])).toEqual(['/usr/share']);
});

const plan: LocalPlan = {
  programs: { bwrap: '/usr/bin/bwrap', setpriv: undefined },
  user: { uid: 1500, gid: 1501 },
  hostname: 'sandbox-1',
  mounts: [{ source: '/root/clone/groups/main', target: '/workspace/group', readOnly: false }],
  system: [
    { path: '/usr', linkTo: undefined },
    { path: '/bin', linkTo: 'usr/bin' },
  ],
  hidden: ['/usr/local/nanoclaw'],
  command: ['/opt/bin/node', 'x'],
};

test('an ordinary user’s run is one bubblewrap that binds the sources themselves', () => {
  const { args } = bubblewrapArguments(plan);
  const line = args.join(' ');
  expect(line).toContain('--ro-bind /usr /usr --symlink usr/bin /bin --tmpfs /usr/local/nanoclaw');
  expect(line).toContain('--bind /root/clone/groups/main /workspace/group');
  for (const wall of ['--unshare-all', '--unshare-user', '--disable-userns', '--die-with-parent', '--new-session']) {
    expect(args).toContain(wall);
  }
  expect(args.slice(-3)).toEqual(['sh', '/opt/bin/node', 'x']);
});

test('a root host gathers the sources first, then gives root up before the walls are built', () => {
  const { args } = bubblewrapArguments({ ...plan, programs: { ...plan.programs, setpriv: '/usr/bin/setpriv' } });
  const line = args.join(' ');
  expect(line).toMatch(
    /--bind \/root\/clone\/groups\/main \/tmp\/0 .*setpriv --reuid=1500 --regid=1501 --clear-groups/,
  );
  expect(line).toMatch(/--bounding-set=-all \/usr\/bin\/bwrap .*--bind \/tmp\/0 \/workspace\/group/);
});
