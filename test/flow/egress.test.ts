// What a group may reach is changed while its container lives.
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { connectAdmin } from '../../src/admin/client.ts';
import { SandboxClient } from '../contracts/gateway-client.ts';
import { openHouse } from '../house.ts';

test('groups set --egress counts at once for the container that runs', async () => {
  await using house = await openHouse();
  const admin = await connectAdmin(house.app.socketPath);
  await admin.call('groups.set', { folder: 'main', egress: 'open-public' });
  house.say('hello');
  await house.hears(1);
  const inside = new SandboxClient(join(house.home, 'data', 'gw', 'main'));
  const sshOf = async () => (await inside.tunnel('example.com:22')).text;
  expect(await sshOf()).toContain('Only ports 80 and 443');
  await admin.call('groups.set', { folder: 'main', egress: 'llm-only' });
  expect(await sshOf()).toContain('egress llm-only');
  expect(house.sandbox.runs).toHaveLength(1);
  admin.close();
});
