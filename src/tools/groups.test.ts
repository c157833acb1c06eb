import { existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { headOf } from '../../test/fixtures/head-of.ts';
import { ToolRoom } from '../../test/fixtures/tool-room.ts';

const wanted = { type: 'register_group', jid: 'tg:99', name: 'Family', folder: 'family', trigger: '@Andy' };

test('a chat becomes a group with a folder of its own, closed to the network', async () => {
  using room = await ToolRoom.open();
  const reply = room.ask('main', wanted);
  expect(reply).toMatchObject({ ok: true, result: expect.stringContaining('tg:99 is the group family now') });
  const asIs = { isMain: false, requiresTrigger: true, egress: 'llm-only', allow: [], mounts: [], model: undefined };
  expect(room.store.groups.get('family')).toEqual({ folder: 'family', name: 'Family', trigger: '@Andy', ...asIs });
  expect(room.store.chats.get('tg:99')).toMatchObject({ group: 'family' });
  expect(readFileSync(join(room.path, 'groups', 'family', 'CLAUDE.md'), 'utf8')).toContain('# Family');
});

test('what is not mentioned of a group stays as it was; nobody becomes main, or ceases to be', async () => {
  using room = await ToolRoom.open();
  const mounts = [{ hostPath: '~/plans', readonly: true }];
  const before = {
    ...room.store.groups.get('team'),
    model: 'opus',
    egress: 'allowlist',
    mounts,
    allow: ['nas:80'],
  } as const;
  const { folder = 'team', name = '', isMain = false, trigger = '', requiresTrigger = true, ...rest } = before;
  room.store.groups.save({ folder, name, isMain, trigger, requiresTrigger: !requiresTrigger, ...rest }, 1);
  const again = { ...wanted, jid: 'tg:2', folder: 'team', name: 'The team', trigger: '@T', isMain: true };
  expect(room.ask('main', { ...again, containerConfig: { additionalMounts: [{ hostPath: '/' }] } })).toMatchObject({
    ok: true,
    result: expect.stringContaining('containerConfig was not followed'),
  });
  const now = { ...before, name: 'The team', trigger: '@T', requiresTrigger: !requiresTrigger };
  expect(room.store.groups.get('team')).toEqual(now);
  room.ask('main', { ...again, requiresTrigger: true });
  expect(room.store.groups.get('team')).toEqual({ ...now, requiresTrigger: true });
  room.ask('main', { ...again, jid: 'tg:1', folder: 'main', isMain: false });
  expect(room.store.groups.main()).toMatchObject({ folder: 'main', name: 'The team', isMain: true });
});

test.each([
  ['a folder of another group', { folder: 'team' }, 'folder_taken'],
  ['the same in capitals', { folder: 'TEAM' }, 'folder_taken'],
  ['a chat of another group', { jid: 'tg:2' }, 'chat_taken'],
  ['a path', { folder: '../main' }, 'invalid_folder'],
  ['what all groups share', { folder: 'global' }, 'invalid_folder'],
  ['what is no chat', { jid: 'Family' }, 'unknown_chat'],
  ['no name', { name: ' ' }, 'invalid_arguments'],
])('%s cannot be registered, and the agent is told why', async (_what, change, code) => {
  using room = await ToolRoom.open();
  const before = room.dump();
  const reply = room.ask('main', { ...wanted, ...change });
  expect(reply).toMatchObject({ ok: false, error: { code, message: expect.stringMatching(/.{20}/) } });
  expect(room.dump()).toBe(before);
});

test('notes that an agent replaced by a link are not written through it', async () => {
  using room = await ToolRoom.open();
  const outside = join(room.path, 'outside');
  mkdirSync(join(room.path, 'groups', 'family'));
  symlinkSync(outside, join(room.path, 'groups', 'family', 'CLAUDE.md'));
  expect(room.ask('main', wanted)).toMatchObject({ ok: true });
  expect(existsSync(outside)).toBe(false);
});

test('a group that is unregistered leaves its folder; main and a group at work stay', async () => {
  using room = await ToolRoom.open();
  const end = (folder: string) => room.ask('main', { type: 'unregister_group', folder });
  expect(end('main')).toMatchObject({ error: { code: 'is_main' } });
  room.store.turns.begin({ group: 'other', place: { jid: 'tg:3', thread: undefined }, retryOf: undefined }, 1);
  expect(end('other')).toMatchObject({ error: { code: 'busy' } });
  expect(end('team')).toMatchObject({ ok: true, result: expect.stringContaining('tg:2 belongs to no group now') });
  expect(room.store.groups.all().map((group) => group.folder)).toEqual(['main', 'other']);
  expect(room.store.chats.get('tg:2')?.group).toBeUndefined();
  expect(readFileSync(join(room.path, 'groups', 'team', 'CLAUDE.md'), 'utf8')).not.toBe('');
});

test('main sees every group and the chats without one; a group sees itself', async () => {
  using room = await ToolRoom.open();
  const all = room.ask('main', { type: 'list_groups' });
  expect(all).toMatchObject({
    result: {
      groups: [{ folder: 'main', isMain: true }, { folder: 'other' }, { folder: 'team', chats: [{ jid: 'tg:2' }] }],
      chats_without_group: [{ jid: 'tg:99', name: 'secret-unwired' }],
    },
  });
  const own = room.ask('team', { type: 'list_groups' });
  expect(own).toEqual({
    ok: true,
    result: {
      groups: [
        {
          folder: 'team',
          name: 'name of team',
          trigger: '@Andy',
          requiresTrigger: true,
          chats: [{ jid: 'tg:2', name: 'name of team' }],
        },
      ],
    },
  });
});

test('files as v1’s agents wrote them, without an id, are done', async () => {
  using room = await ToolRoom.open();
  const timestamp = '2026-03-29T12:00:00.000Z';
  const stamped = { groupFolder: 'main', timestamp };
  room.drop('main', 'messages/1743249600000-a1b2c3.json', {
    ...{ type: 'message', chatJid: 'tg:2', text: 'hello team', sender: 'Researcher' },
    ...stamped,
  });
  room.drop('main', 'tasks/1743249600001-d4e5f6.json', { type: 'refresh_groups', ...stamped });
  room.drop('main', 'tasks/1743249600002-a7b8c9.json', {
    ...wanted,
    requiresTrigger: false,
    containerConfig: { timeout: 600000, additionalMounts: [] },
    timestamp,
  });
  room.look('main');
  expect(headOf(room.store, 'tg:2')).toMatchObject({ text: '**Researcher:** hello team' });
  expect(room.refreshed).toBe(1);
  expect(room.store.groups.get('family')).toMatchObject({ name: 'Family', requiresTrigger: false, mounts: [] });
  room.drop('team', 'tasks/1743249600003-000000.json', { ...wanted, jid: 'tg:100', folder: 'mine', ...stamped });
  room.look('team');
  expect(room.store.groups.get('mine')).toBeUndefined();
});

test('main’s mailbox holds the list of chats, written again only when it says something else', async () => {
  using room = await ToolRoom.open();
  const listed = (folder = 'main') => JSON.parse(room.read(folder, 'available_groups.json'));
  room.look('main');
  const at = listed().lastSync;
  expect(listed()).toEqual({
    groups: [{ jid: 'tg:99', name: 'secret-unwired', lastActivity: expect.any(String), isRegistered: false }],
    lastSync: expect.any(String),
  });
  room.clock.advance(120_000);
  room.store.chats.touch('tg:99', room.clock.now());
  room.look('main');
  expect(listed().lastSync).toBe(at);
  room.ask('main', wanted);
  expect(listed().groups).toMatchObject([{ jid: 'tg:99', isRegistered: true }]);
  room.look('team');
  expect(listed('team').groups).toEqual([]);
  // A chat that was seen meanwhile comes with the next look that is due.
  room.store.chats.see({ jid: 'tg:100', channel: 'telegram', name: 'New', isGroup: true });
  room.look('main');
  expect(listed().groups).toHaveLength(1);
  room.clock.advance(61_000);
  room.look('main');
  expect(listed().groups).toHaveLength(2);
  // It is the agent's own copy, and nobody reads it.
  writeFileSync(join(room.path, 'data', 'ipc', 'main', 'available_groups.json'), 'spoilt');
  expect(room.ask('main', { type: 'list_groups' })).toMatchObject({ ok: true });
});

test('a mailbox holds the schedules its group may see, in v1’s shape', async () => {
  using room = await ToolRoom.open();
  const listed = (folder: string) => JSON.parse(room.read(folder, 'current_tasks.json'));
  const schedule = { type: 'schedule_task', schedule_type: 'interval', schedule_value: '3600000' };
  room.ask('team', { ...schedule, prompt: 'the news', script: 'exit 0', targetJid: 'tg:2' });
  room.ask('main', { ...schedule, prompt: 'the weather', targetJid: 'tg:1' });
  const ours = {
    ...{ id: 't1', groupFolder: 'team', prompt: 'the news', script: 'exit 0', status: 'active' },
    ...{ schedule_type: 'interval', schedule_value: '3600000', next_run: expect.stringMatching(/^20.*Z$/) },
  };
  expect(listed('team')).toEqual([ours]);
  expect(listed('main')).toMatchObject([ours, { id: 't2', groupFolder: 'main' }]);
  room.ask('team', { type: 'pause_task', taskId: 't1' });
  expect(listed('team')).toMatchObject([{ status: 'paused' }]);
  room.ask('team', { type: 'cancel_task', taskId: 't1' });
  expect(listed('team')).toEqual([]);
});

test('what the agent puts in the place of a snapshot is replaced, never followed, and holds up nothing', async () => {
  using room = await ToolRoom.open();
  const mailbox = join(room.path, 'data', 'ipc', 'team');
  const outside = join(room.path, 'outside.json');
  writeFileSync(outside, 'theirs');
  symlinkSync(outside, join(mailbox, 'current_tasks.json'));
  mkdirSync(join(mailbox, 'available_groups.json'));
  expect(room.ask('team', { type: 'list_tasks' })).toMatchObject({ ok: true });
  expect(readFileSync(outside, 'utf8')).toBe('theirs');
  expect(JSON.parse(room.read('team', 'current_tasks.json'))).toEqual([]);
});
