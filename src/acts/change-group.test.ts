import { expect, test } from 'vitest';
import { InboundDesk } from '../../test/fixtures/receiver.ts';
import { removeGroup } from './remove-group.ts';
import { setGroup } from './set-group.ts';

test('what is given of a group changes, the rest stays', () => {
  using desk = new InboundDesk();
  const before = desk.store.groups.get('team');
  setGroup(desk.store, { folder: 'team', now: 1, trigger: '@T', requiresTrigger: false });
  setGroup(desk.store, { folder: 'team', now: 1, model: 'opus', egress: 'allowlist' });
  const after = { ...before, trigger: '@T', requiresTrigger: false, model: 'opus', egress: 'allowlist' };
  expect(desk.store.groups.get('team')).toEqual(after);
  setGroup(desk.store, { folder: 'team', now: 1, model: 'default' });
  expect(desk.store.groups.get('team')).toEqual({ ...after, model: undefined });
  expect(() => setGroup(desk.store, { folder: 'none', now: 1 })).toThrow('no group with the folder none');
});

test('a group that is removed leaves its chats unwired and nothing waiting', () => {
  using desk = new InboundDesk();
  const seq = desk.say('@Andy hello', { jid: 'tg:-2' }) ?? 0;
  expect(removeGroup(desk.store, 'team')).toEqual(['tg:-2']);
  expect(desk.store.groups.get('team')).toBeUndefined();
  expect(desk.store.inbox.ofMessage(seq)).toMatchObject({ state: 'dead' });
  expect(desk.store.inbox.dueGroups(desk.clock.now())).toEqual([]);
  expect(desk.say('@Andy hello', { jid: 'tg:-2' })).toBeUndefined();
});

test('main cannot be removed, and no group that is at work', () => {
  using desk = new InboundDesk();
  expect(() => removeGroup(desk.store, 'main')).toThrow('cannot be removed');
  desk.store.turns.begin({ group: 'team', place: { jid: 'tg:-2', thread: undefined }, retryOf: undefined }, 1);
  expect(() => removeGroup(desk.store, 'team')).toThrow('is at work');
});

test('mounts and allowed addresses are added, replaced by name and taken away; what is not there is told', () => {
  using desk = new InboundDesk();
  const set = (change: object) => setGroup(desk.store, { folder: 'team', now: 1, ...change });
  const notes = { hostPath: '/srv/notes', readonly: true };
  set({ mounts: { add: [notes, { hostPath: '/srv/x', containerPath: 'data', readonly: false }], remove: [] } });
  set({ mounts: { add: [{ hostPath: '/home/notes/', readonly: false }], remove: ['data'] } });
  set({ allow: { add: ['a.example:443', 'b.example:80', 'a.example:443'], remove: [] } });
  set({ allow: { add: [], remove: ['b.example:80'] } });
  expect(desk.store.groups.get('team')).toMatchObject({
    mounts: [{ hostPath: '/home/notes/', readonly: false }],
    allow: ['a.example:443'],
  });
  expect(() => set({ mounts: { add: [], remove: ['data'] } })).toThrow('has no mount data');
  expect(() => set({ allow: { add: [], remove: ['b.example:80'] } })).toThrow('has no allowed address b.example:80');
  const refuse = () => {
    throw new Error('not so');
  };
  const more = { folder: 'team', now: 1, mounts: { add: [{ hostPath: '/a' }], remove: [] } };
  expect(() => setGroup(desk.store, more, refuse)).toThrow('not so');
  expect(desk.store.groups.get('team')?.mounts).toHaveLength(1);
});
