// A folder of the host's that is something else while it runs: who is told what, and what becomes of the message.
import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { say } from '../../src/gateway/rehearsal/reply.ts';
import { eventually } from '../eventually.ts';
import { openHouse } from '../house.ts';

test.each(['groups', 'data/ipc', 'data/ipc/team', 'data/sessions'])(
  'a file in the place of %s: the chat hears that it waits and no path, the owner where and what to do; mended, it is answered',
  async (place) => {
    await using house = await openHouse();
    const jid = 'tg:9';
    house.group('team', jid, { requiresTrigger: false });
    house.rehearsal.script = () => say('here');
    // Where the owner spoke last is where the owner is told.
    house.say('I am here');
    await house.hears(1);
    const path = join(house.home, place);
    mkdirSync(path, { recursive: true });
    renameSync(path, `${path}-away`);
    writeFileSync(path, '');
    const seq = house.say('hello', { jid });
    const [told = ''] = await house.hears(1, { jid });
    expect(told).toMatch(/^⏸ I cannot start working right now\. Your message is kept/);
    expect(told).not.toContain(house.home);
    const [, owner = ''] = await house.hears(2);
    expect(owner).toContain(path);
    expect(owner).toMatch(/moved? (it )?away/);
    expect(house.withStore((store) => store.inbox.ofMessage(seq)?.attempts)).toBe(0);
    renameSync(path, `${path}-file`);
    renameSync(`${path}-away`, path);
    await eventually('the answer', () => {
      house.hurry(seq, 5_000);
      return house.heard(jid).includes('here');
    });
    expect(house.heard(jid)).toHaveLength(2);
  },
);
