// Every tool in one session of a real container: what the agent is told, done and refused. A tool that is missing here fails it.
import { beforeAll, expect, test } from 'vitest';
import { toolDefinitions } from '../../protocol/tools.ts';
import { agentCalls, type Call } from '../fixtures/agent-calls.ts';
import { dockerSandbox, freshImage } from '../fixtures/engine.ts';
import { openHouse } from '../house.ts';

beforeAll(freshImage);

/** A call, what main's agent reads of it, and what another group's agent reads of the very same. */
type Tried = readonly [...call: Call, inMain: RegExp, inTeam: RegExp];

const wanted = { jid: 'tg:50', name: 'Family', folder: 'family', trigger: '@Andy' };

const nightly = { prompt: 'tidy up', schedule_type: 'cron', schedule_value: '0 3 * * *' };

const tried: readonly Tried[] = [
  ['Bash', { command: 'echo plan > plan.txt; ls /workspace/ipc' }, /available_groups\.json/, /available_groups\.json/],
  ['send_message', { text: 'looking' }, /^Stored for delivery as o\d+\.$/, /^Stored for delivery as o\d+\.$/],
  ['send_message', { text: '' }, /^✗ .*do not fit/s, /^✗ .*do not fit/s],
  ['send_file', { path: 'plan.txt' }, /^Stored for delivery as o\d+\.$/, /^Stored for delivery as o\d+\.$/],
  ['send_file', { path: '/etc/passwd' }, /^✗ .*\(outside\)$/, /^✗ .*\(outside\)$/],
  ['edit_message', { message_id: 'o1', text: 'found it' }, /^o1 was changed|^Stored: o1/, /^✗ .*\(unknown_message\)$/],
  ['react', { message_id: 'm1', emoji: '👍' }, /^Stored: 👍 to m1\.$/, /^✗ .*\(unknown_message\)$/],
  ['search_messages', { query: 'looking' }, /^\{"hits":\[\{"id":"m/, /^(?!.*tg:1")\{"hits":\[/],
  ['ask_user', { question: 'Which day?', options: ['Monday', 'Friday'] }, /^Asked as q\d+\./, /^Asked as q\d+\./],
  ['ask_user', { question: 'Which?', options: ['x', 'X'] }, /^✗ .*\(same_options\)$/, /^✗ .*\(same_options\)$/],
  ['schedule_task', nightly, /^Scheduled as t1: every day at 03:00/, /^Scheduled as t4: every day at 03:00/],
  [
    'schedule_task',
    { ...nightly, schedule_value: '0 25 * * *' },
    /^✗ .*\(schedule_invalid\)$/,
    /^✗ .*\(schedule_invalid\)$/,
  ],
  ['schedule_task', { ...nightly, target_group_jid: 'tg:9' }, /^Scheduled as t2 in tg:9/, /^Scheduled as t5:/],
  ['schedule_task', { ...nightly, target_group_jid: 'tg:1' }, /^Scheduled as t3:/, /^✗ .*\(not_allowed\)$/],
  ['list_tasks', {}, /t1.*t2.*group team/s, /^(?!.*t1\b).*t2/s],
  ['update_task', { task_id: 't1', prompt: 'tidy everything' }, /^Changed\. t1 is active/, /^✗ .*\(task_foreign\)$/],
  ['pause_task', { task_id: 't1' }, /^t1 is paused/, /^✗ .*\(task_foreign\)$/],
  ['resume_task', { task_id: 't1' }, /^t1 is active.*next/, /^✗ .*\(task_foreign\)$/],
  ['cancel_task', { task_id: 't1' }, /^t1 is cancelled/, /^✗ .*\(task_foreign\)$/],
  [
    'list_groups',
    {},
    /"folder":"team".*"chats_without_group"/,
    /^\{"groups":\[\{"folder":"team"[^[]*\[[^\]]*\]\}\]\}$/,
  ],
  ['register_group', wanted, /^tg:50 is the group family now/, /^✗ .*\(main_only\)$/],
  ['refresh_groups', {}, /^The channels look again/, /^✗ .*\(main_only\)$/],
  ['unregister_group', { folder: 'family' }, /^The group family is no more/, /^✗ .*\(main_only\)$/],
];

test('each tool does what it says in main, and in another group it does or says why not', async () => {
  await using house = await openHouse({ sandbox: dockerSandbox });
  house.group('team', 'tg:9', { requiresTrigger: false });
  house.channel.discover('tg:50', 'Family');
  const calls = tried.map(([tool, input]): Call => [tool, input]);
  const missing = toolDefinitions.filter(({ name }) => !tried.some(([tool]) => tool === name));
  expect(missing.map(({ name }) => name)).toEqual([]);
  const inMain = await agentCalls(house, calls);
  expect(inMain).toEqual(tried.map(([, , told]) => expect.stringMatching(told)));
  const inTeam = await agentCalls(house, calls, { jid: 'tg:9' });
  expect(inTeam).toEqual(tried.map(([, , , told]) => expect.stringMatching(told)));
  expect(house.heard()).toContain('found it');
  house.withStore((store) => expect(store.groups.all().map(({ folder }) => folder)).toEqual(['main', 'team']));
  // One container each, for all of it.
  expect(house.sandbox.runs).toHaveLength(2);
});
