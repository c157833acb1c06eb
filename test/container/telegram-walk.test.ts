// A day with the assistant on a phone: the real command, grammY against a loopback Bot API, containers, the agent's SDK.
import { createHash, randomBytes } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, onTestFinished, test } from 'vitest';
import type { RehearsalContext } from '../../src/gateway/rehearsal/conversation.ts';
import type { Script } from '../../src/gateway/rehearsal/rehearsal.ts';
import { callTool, type Reply, say } from '../../src/gateway/rehearsal/reply.ts';
import { eventually } from '../eventually.ts';
import { type BotApi, openBotApi } from '../fixtures/bot-api/bot-api.ts';
import { containersOf, docker, freshImage, removeContainersOf } from '../fixtures/engine.ts';
import { Machine } from '../fixtures/machine.ts';
import { ScriptedModel } from '../fixtures/scripted-model.ts';

beforeAll(freshImage);

const patienceMs = 120_000;
const fence = '```';
const program = Array.from({ length: 900 }, (_, line) => `  print("line ${line} of the program")`).join('\n');
const prose = Array.from({ length: 45 }, (_, n) => `Sentence ${n} says something, and then something more.`).join(' ');
/** More than a rich message of Telegram holds, with code where it will be cut. */
const longAnswer = `# All of it\n\n${prose}\n\n${fence}python\ndef main():\n${program}\n${fence}\n\nThe end of all of it.`;

const script: Script = (context) => {
  const asked = context.person.map(({ text }) => text);
  const word = asked.map((text) => text.split(' ', 1)[0] ?? '').find((one) => tasks.has(one));
  return tasks.get(word ?? '')?.(context) ?? say(`re ${asked.join(' + ')} (${remembered(context)})`);
};

const wait = 'touch began; while [ ! -e go ]; do sleep 0.1; done; echo went on';
const tasks = new Map<string, (context: RehearsalContext) => Reply>([
  ['work', (context) => after(context, callTool('Bash', { command: wait })) ?? say(`worked for ${saidBy(context)}`)],
  ['sleep', (context) => after(context, callTool('Bash', { command: 'touch asleep; sleep 300' })) ?? say('slept')],
  ['look', (context) => after(context, callTool('Bash', { command: hashOf(context) })) ?? say(resultOf(context))],
  ['send', (context) => after(context, ...sending) ?? say(resultOf(context))],
  ['tell', () => say(longAnswer)],
]);
const makeReport = 'head -c 70000 /dev/zero | tr "\\0" x > report.bin; sha256sum report.bin';
const sending = [
  callTool('Bash', { command: makeReport }),
  callTool('mcp__nanoclaw__send_file', { path: 'report.bin', caption: 'The report' }),
];

/** The next of these calls; undefined when all were made. */
function after({ toolCalls }: RehearsalContext, ...calls: Reply[]): Reply | undefined {
  return calls[toolCalls.length];
}
const resultOf = ({ toolResults }: RehearsalContext) => toolResults.at(-1) ?? '';
const saidBy = ({ person }: RehearsalContext) => person.map(({ text }) => text).join(' + ');
const hashOf = ({ texts }: RehearsalContext) =>
  `sha256sum ${/<attachment [^>]*path="([^"]+)"/.exec(texts.findLast((text) => text.includes('<attachment')) ?? '')?.[1]}`;
/** How many turns the conversation holds. */
const remembered = ({ body }: RehearsalContext) => body.messages.filter(({ role }) => role === 'assistant').length;

const sha256 = (bytes: Uint8Array | string) => createHash('sha256').update(bytes).digest('hex');

/** What main's agent has written down of its conversations: also what it was given while it works. */
function transcripts({ home }: Machine): string {
  const projects = join(home, 'data', 'sessions', 'main', 'projects');
  const names = readdirSync(projects, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.jsonl'));
  return names.map((name) => readFileSync(join(projects, name), 'utf8')).join('\n');
}

/** The answer, once a person sees it. */
const answer = (api: BotApi, chat: { id: number }, words: RegExp | string) =>
  api.waitForAnswer(chat, words, patienceMs);

test('pairing, a message, a follow-up, a topic, a photo in, a file out, a long answer with code, a stop, and a restart of everything', async () => {
  await using api = await openBotApi({ username: 'andy_bot' });
  await using model = await ScriptedModel.open();
  model.rehearsal.script = script;
  const settings = { ...model.settings, TELEGRAM_BOT_TOKEN: api.token, TELEGRAM_API_ROOT: api.url };
  await using machine = new Machine({ settings });
  const host = await machine.host();
  const install = machine.withStore((store) => store.facts.get('install')) ?? '';
  onTestFinished(() => removeContainersOf(install));
  const folder = join(machine.home, 'groups', 'main');
  const made = (name: string) => eventually(`${name} to be there`, () => existsSync(join(folder, name)), patienceMs);

  // Who I am is told by a code from the machine itself.
  await eventually('the bot to poll', () => api.polling, patienceMs);
  const ann = api.person('Ann');
  const chat = api.privateChat(ann);
  const { stdout } = await machine.run(['pair', 'telegram']);
  api.say({ chat, text: stdout.match(/\/pair \S+/)?.[0] ?? '' });
  const hello = await answer(api, chat, /you are an owner/);
  expect(hello.reads.text.split('\n').filter((line) => line.startsWith('• '))).toHaveLength(3);

  // A message and its answer, with eyes and typing meanwhile.
  const first = api.say({ chat, text: 'good morning' });
  await answer(api, chat, 're good morning (0)');
  expect(api.chat(chat).typing.length).toBeGreaterThan(0);
  const reactions = api.calls('setMessageReaction').map(({ params }) => params);
  expect(reactions[0]).toMatchObject({ message_id: first.message_id, reaction: [{ type: 'emoji', emoji: '👀' }] });
  await eventually('the eyes to be gone', () =>
    api.chat(chat).messages.every(({ reactions: now }) => now.length === 0),
  );
  const [container] = await containersOf(install);
  expect(container).toBeDefined();

  // Somebody says more while a command runs: one agent answers both at once.
  api.say({ chat, text: 'work' });
  await made('began');
  api.say({ chat, text: 'and think of the bread' });
  await eventually('the agent to have both', () => transcripts(machine).includes('and think of the bread'), patienceMs);
  writeFileSync(join(folder, 'go'), '');
  await answer(api, chat, 'worked for work + and think of the bread');

  // A topic of a forum: the answer stands there, as a reply.
  const forum = api.supergroup('The house', { forum: true });
  api.join(forum, ann);
  const kitchen = api.openTopic(forum, { from: ann, name: 'Kitchen' });
  expect((await machine.run(['groups', 'wire', '--jid', `tg:${forum.id}`, '--folder', 'main'])).code).toBe(0);
  const asked = api.say({ chat: forum, from: ann, topic: kitchen, text: '@andy_bot who cooks?' });
  const cooks = await answer(api, forum, /who cooks\?/);
  expect(cooks).toMatchObject({ topic: kitchen, replyTo: asked.message_id });

  // A photo comes in byte for byte, a file goes out byte for byte.
  const photo = randomBytes(40_000);
  api.say({ chat, text: 'look', photo: { bytes: photo } });
  await answer(api, chat, new RegExp(`^${sha256(photo)} +\\S*/workspace/group/attachments/`));
  api.say({ chat, text: 'send' });
  await answer(api, chat, 'Stored for delivery');
  const sent = api.sent(chat).filter(({ files }) => files.length > 0);
  expect(sent.map(({ text, files }) => [text, files.map((file) => [file.name, file.sha256])])).toEqual([
    ['The report', [['report.bin', sha256('x'.repeat(70_000))]]],
  ]);

  // An answer that fills more than one message: nothing of it is lost, and code stays code in each part.
  api.say({ chat, text: 'tell' });
  await answer(api, chat, 'The end of all of it.');
  const parts = api.sent(chat).filter(({ text }) => /Sentence|line \d+ of|The end/.test(text));
  expect(parts.length).toBeGreaterThan(1);
  const whole = parts.map(({ reads }) => reads.text).join(' ');
  for (const words of prose.split(/(?<=\.) /)) expect(whole.split(words)).toHaveLength(2);
  const code = parts.flatMap(({ reads }) => reads.blocks.filter(({ type }) => type === 'pre'));
  expect(code.length).toBeGreaterThan(1);
  expect(code.map(({ text }) => text).join('\n')).toBe(`def main():\n${program}`);

  // A stop: the command ends, nothing is said of it, and the next message is answered by the same agent.
  api.say({ chat, text: 'sleep' });
  await made('asleep');
  const sleeping = async () => (await docker('top', container ?? '')).includes('sleep 300');
  await expect.poll(sleeping, { timeout: patienceMs }).toBe(true);
  api.say({ chat, text: '/stop' });
  await answer(api, chat, /^Stopped\.$/);
  await expect.poll(sleeping, { timeout: patienceMs }).toBe(false);
  api.say({ chat, text: 'still there?' });
  await answer(api, chat, /^re still there\?/);
  expect(await containersOf(install)).toEqual([container]);

  // Everything ends and begins again: host, containers, and the platform. The conversation goes on.
  expect((await machine.run(['stop'])).code).toBe(0);
  expect((await host.ended).code).toBe(0);
  expect(await containersOf(install)).toEqual([]);
  await api.close();
  await api.reopen();
  api.say({ chat, text: 'do you remember me?' });
  await machine.host();
  const again = await answer(api, chat, /^re do you remember me\?/);
  expect(Number(/\((\d+)\)/.exec(again.text)?.[1])).toBeGreaterThanOrEqual(5);

  // Each question has its one answer.
  for (const words of ['re good morning', 'worked for', 'slept', 're still there', 'do you remember', 'The report'])
    expect({ words, times: api.finalAnswers(chat, words).length }).toEqual({ words, times: words === 'slept' ? 0 : 1 });
  machine.withStore((store) => expect(store.inbox.counts()).toEqual({ waiting: 0, claimed: 0, dead: 0 }));
  expect(readdirSync(join(machine.home, 'data', 'ipc', 'main', 'results'))).toEqual([]);
  expect(readFileSync(join(machine.home, 'logs', 'nanoclaw.log'), 'utf8')).not.toContain(api.token.split(':')[1]);
});
