import { test } from 'vitest';
import { Siege } from './siege.ts';

test('probe', async () => {
  const t0 = performance.now();
  await using siege = await Siege.open();
  console.log('open', performance.now() - t0, siege.patienceMs);
  const t = performance.now();
  console.log(
    await siege.run(
      'id; ls -la /workspace/ipc /opt/bin /usr/bin/python3 /usr/bin/gcc; which node python3 mkfifo perl; for p in /proc/[0-9]*; do echo $p; tr "\\0" " " < $p/cmdline | cut -c1-150; echo; ls -l $p/fd 2>&1| head -8; done; mount; ls -la / /home/node /tmp /run /run/gw',
    ),
  );
  console.log('first', performance.now() - t);
  const t2 = performance.now();
  console.log(
    await siege.run(
      'ln /run/gw/gw.sock /workspace/group/x; ln /opt/skills/.claude-plugin/plugin.json /workspace/group/y; ln /workspace/global/CLAUDE.md /workspace/group/z; mknod /workspace/group/dev c 1 5; ulimit -a',
    ),
  );
  console.log('second', performance.now() - t2);
  console.log(await siege.askNeighbour());
});
