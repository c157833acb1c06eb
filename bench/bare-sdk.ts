import { type ChildProcess, fork } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  type BareSdkOrder,
  type BareSdkPlan,
  type BareSdkReply,
  type BareTurn,
  bareSdkReply,
} from './bare-sdk-words.ts';
import { within } from './moment.ts';
import { TimedModel } from './timed-model.ts';

type Script = ConstructorParameters<typeof TimedModel>[0];

const limitMs = 60_000;

/**
 * The floor of every answer: the Agent SDK by itself in a process of its own, on this machine and not in a sandbox, with
 * the same options, prompt and model.
 */
export class BareSdk implements AsyncDisposable {
  readonly model: TimedModel;
  readonly #child: ChildProcess;
  readonly #stops: readonly (() => unknown)[];

  private constructor(child: ChildProcess, parts: { model: TimedModel; stops: readonly (() => unknown)[] }) {
    this.#child = child;
    this.model = parts.model;
    this.#stops = parts.stops;
  }

  static async open(plan: Omit<BareSdkPlan, 'environment'>, script: Script): Promise<BareSdk> {
    const home = mkdtempSync(join(tmpdir(), 'bench-sdk-'));
    const model = new TimedModel(script);
    const served = await model.serve();
    const environment = {
      PATH: process.env['PATH'] ?? '',
      HOME: home,
      LANG: 'C.UTF-8',
      ANTHROPIC_BASE_URL: served.url,
      ANTHROPIC_API_KEY: 'placeholder',
      NO_PROXY: '127.0.0.1',
    };
    const layout = { ...plan.layout, claude: join(home, '.claude') };
    const program = fileURLToPath(new URL('programs/bare-sdk.ts', import.meta.url));
    const child = fork(program, [JSON.stringify({ ...plan, layout, environment })], {
      env: environment,
      execArgv: ['--import', 'tsx'],
      cwd: fileURLToPath(new URL('..', import.meta.url)),
    });
    const ended = new Promise((resolve) => child.once('exit', resolve));
    const stops = [
      () => child.kill() && ended,
      () => served[Symbol.asyncDispose](),
      () => rmSync(home, { recursive: true, force: true }),
    ];
    const bare = new BareSdk(child, { model, stops });
    await bare.#reply('ready');
    return bare;
  }

  /** In a new process of the SDK when none lives. */
  async turn(text: string): Promise<BareTurn> {
    this.model.asked.length = 0;
    const reply = await this.#ask({ type: 'turn', text }, 'a turn');
    if (reply.type !== 'turn') throw new Error(`the bare SDK said ${reply.type}`);
    return reply;
  }

  /** The SDK's process up, and nothing said yet. */
  async warm(): Promise<void> {
    await this.#ask({ type: 'warm' }, 'the start');
  }

  /** Lets the SDK's process go; the next turn resumes its conversation. */
  async close(): Promise<void> {
    await this.#ask({ type: 'close' }, 'the end');
  }

  async #ask(order: BareSdkOrder, what: string): Promise<BareSdkReply> {
    const answer = this.#reply(what);
    this.#child.send(order);
    return answer;
  }

  #reply(what: string): Promise<BareSdkReply> {
    const next = new Promise<BareSdkReply>((resolve, reject) => {
      const onExit = () => reject(new Error('the bare SDK ended'));
      this.#child.once('exit', onExit);
      this.#child.once('message', (message) => {
        this.#child.off('exit', onExit);
        resolve(bareSdkReply.parse(message));
      });
    });
    return within(limitMs, `${what} of the bare SDK`, next);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
    for (const stop of this.#stops) await stop();
  }
}
