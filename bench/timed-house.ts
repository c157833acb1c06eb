import { join } from 'node:path';
import { ensureRunner } from '../scripts/install.mjs';
import { connectAdmin } from '../src/admin/client.ts';
import type { Config } from '../src/config.ts';
import type { Script } from '../src/gateway/rehearsal/rehearsal.ts';
import type { Clock } from '../src/lib/clock.ts';
import { ContainerSandbox } from '../src/sandbox/container-cli.ts';
import { clientEnvironment } from '../src/sandbox/engine-client.ts';
import { LocalSandbox, localProgram } from '../src/sandbox/local.ts';
import type { RunSpec, Sandbox } from '../src/sandbox/sandbox.ts';
import { House } from '../test/house.ts';
import { checkout } from './checkout.ts';
import { Marks } from './marks.ts';
import { moment, pause, within } from './moment.ts';
import { TimedModel } from './timed-model.ts';
import { timedSandbox } from './timed-sandbox.ts';

export type Runtime = 'local' | 'docker';

const limitMs = 60_000;

/** The tests' house, the host and a fake platform in this process, with a stopwatch at every seam. */
export class TimedHouse implements AsyncDisposable {
  readonly house: House;
  readonly model: TimedModel;
  readonly marks = new Marks();
  /** When each part was accepted by the platform since the last question. */
  readonly accepted: number[] = [];
  #heard: () => void = () => undefined;

  private constructor(runtime: Runtime, script: Script) {
    this.model = new TimedModel(script);
    this.house = new House({
      settings: { LOG_LEVEL: 'info' },
      upstream: { kind: 'rehearsal', handler: this.model.handle },
      sandbox: (config, clock) => timedSandbox(sandboxes[runtime](config, clock), this.marks),
    });
    this.#listen();
  }

  static async open(runtime: Runtime, script: Script): Promise<TimedHouse> {
    await ensureRunner(checkout, { log: () => undefined });
    const timed = new TimedHouse(runtime, script);
    await timed.house.open();
    return timed;
  }

  /** Someone says something; resolves once that many parts have been accepted. Times stand in `marks`. */
  async ask(text: string, parts = 1): Promise<Marks> {
    const { marks, accepted, house } = this;
    marks.clear();
    accepted.length = 0;
    this.model.asked.length = 0;
    const answered = new Promise<void>((resolve) => {
      this.#heard = () => accepted.length >= parts && resolve();
    });
    marks.set('said');
    house.say(text);
    marks.set('stored');
    // What the bell wakes runs before anything else does.
    setImmediate(() => marks.set('rung'));
    await within(limitMs, `${parts} answers to "${text}"`, answered);
    const [asked] = this.model.asked;
    marks.at('asked', asked?.at);
    marks.at('answered', asked?.answeredAt);
    marks.at('accepted', accepted[0]);
    return marks;
  }

  /** The idle container leaves in good order, as it does after `IDLE_TIMEOUT`. */
  async endContainer(): Promise<void> {
    const client = await connectAdmin(this.house.app.socketPath);
    try {
      const alive = async () => (await client.call('status', {})).containers.some((one) => one.state !== 'closing');
      const there = async () => (await client.call('status', {})).containers.length > 0;
      while (await alive()) {
        this.house.clock.advance(this.house.config.idleMs);
        await pause(20);
      }
      while (await there()) await pause(20);
    } finally {
      client.close();
    }
  }

  get lastSpec(): RunSpec {
    const spec = this.house.sandbox.runs.at(-1)?.spec;
    if (!spec) throw new Error('nothing has run yet');
    return spec;
  }

  /** What the bare SDK needs to be given the same: directories, skills and the start line of our own runner. */
  get sdkPlan(): { runner: string; layout: Record<string, string>; start: unknown } {
    const groups = join(this.house.home, 'groups');
    return {
      runner: join(checkout, 'container', 'agent-runner'),
      layout: {
        group: join(groups, 'main'),
        global: join(groups, 'global'),
        skills: join(checkout, 'container', 'skills'),
      },
      start: JSON.parse(this.house.sandbox.runs.at(-1)?.stdin.split('\n')[0] ?? ''),
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.house[Symbol.asyncDispose]();
  }

  #listen(): void {
    const { channel } = this.house;
    const send = channel.send.bind(channel);
    channel.send = async (part, signal) => {
      this.marks.set('sending');
      const sent = await send(part, signal);
      this.accepted.push(moment());
      this.#heard();
      return sent;
    };
  }
}

const sandboxes: Record<Runtime, (config: Config, clock: Clock) => Sandbox> = {
  local: (config, clock) =>
    new LocalSandbox({
      program: localProgram({ node: process.execPath, agentRunner: join(checkout, 'container', 'agent-runner') }),
      searchPath: config.environment.path,
      hidden: [config.home],
      clock,
    }),
  docker: (config, clock) =>
    new ContainerSandbox({
      image: config.image,
      environment: clientEnvironment({
        searchPath: config.environment.path,
        dockerHost: config.environment.dockerHost,
      }),
      clock,
      socketMount: true,
    }),
};
