// The Agent SDK alone in a process of its own, with the options our runner gives it. Says over IPC how long things took.
import { randomUUID } from 'node:crypto';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type BareTurn, bareSdkOrder, bareSdkPlan } from '../bare-sdk-words.ts';
import { moment } from '../moment.ts';

interface Query extends AsyncIterable<unknown> {
  close(): void;
}
interface Queue extends AsyncIterable<unknown> {
  push(message: unknown): void;
  end(): void;
}
interface Sdk {
  query(what: { prompt: AsyncIterable<unknown>; options: unknown }): Query;
  startup(what: { options: unknown }): Promise<Warm>;
}
interface Warm {
  query(prompt: AsyncIterable<unknown>): Query;
}
type Answer = (value: unknown) => void;

const plan = bareSdkPlan.parse(JSON.parse(process.argv[2] ?? ''));
const load = (file: string) => import(pathToFileURL(join(plan.runner, 'src', file)).href);

const sdkFile = createRequire(join(plan.runner, 'package.json')).resolve('@anthropic-ai/claude-agent-sdk/core');
const { query, startup }: Sdk = await import(sdkFile);
const { sdkOptions }: { sdkOptions(wanted: unknown): unknown } = await load('options.ts');
const { toolServer }: { toolServer(ask: () => Promise<unknown>): unknown } = await load('tool-server.ts');
const { layout }: { layout: { parse(value: unknown): unknown } } = await load('layout.ts');
const { PushQueue }: { PushQueue: new () => Queue } = await load('push-queue.ts');

const session = { id: randomUUID(), resume: false };
let live: { queue: Queue; ended: Promise<void> } | undefined;
let up: Warm | undefined;
let toolAt: number | undefined;
let heard: Answer = () => undefined;

process.on('message', (message) => {
  const order = bareSdkOrder.parse(message);
  if (order.type === 'turn') void turn(order.text).then((done) => process.send?.(done));
  else if (order.type === 'warm') void warm().then(() => process.send?.({ type: 'ready' }));
  else void close().then(() => process.send?.({ type: 'closed' }));
});
process.on('disconnect', () => process.exit());
process.send?.({ type: 'ready' });

/** From the push (the first time from `query`, which starts the SDK's process) to the result. */
async function turn(text: string): Promise<BareTurn> {
  const message = { role: 'user', content: text };
  const result = new Promise((resolve) => {
    heard = resolve;
  });
  toolAt = undefined;
  const startedAt = moment();
  live ??= open();
  live.queue.push({ type: 'user', message, parent_tool_use_id: null, uuid: randomUUID() });
  await result;
  return { type: 'turn', startedAt, toolAt, resultAt: moment() };
}

async function warm(): Promise<void> {
  up = await startup({ options: options() });
}

function open(): { queue: Queue; ended: Promise<void> } {
  const queue = new PushQueue();
  const events = up?.query(queue) ?? query({ prompt: queue, options: options() });
  up = undefined;
  return { queue, ended: listen(events) };
}

function options(): unknown {
  const ask = async () => {
    toolAt = moment();
    return { ok: true, result: 'Stored for delivery.' };
  };
  const made = sdkOptions({
    layout: layout.parse(plan.layout),
    start: plan.start,
    session: { ...session },
    environment: plan.environment,
    uid: process.getuid?.(),
    server: toolServer(ask),
    stderr: (text: string) => process.stderr.write(text),
  });
  session.resume = true;
  return made;
}

async function listen(events: AsyncIterable<unknown>): Promise<void> {
  for await (const event of events) {
    if (typeof event !== 'object' || event === null || !('type' in event) || event.type !== 'result') continue;
    if ('is_error' in event && event.is_error) throw new Error(JSON.stringify(event));
    heard(event);
  }
}

async function close(): Promise<void> {
  live?.queue.end();
  await live?.ended;
  live = undefined;
}
