import { join } from 'node:path';
import { ensureRunner } from '../scripts/install.mjs';
import { connectAdmin } from '../src/admin/client.ts';
import type { Channel } from '../src/channels/channel.ts';
import type { Config } from '../src/config.ts';
import type { Script } from '../src/gateway/rehearsal/rehearsal.ts';
import type { Clock } from '../src/lib/clock.ts';
import type { InboundMessage } from '../src/model/message.ts';
import { ContainerSandbox } from '../src/sandbox/container-cli.ts';
import { clientEnvironment } from '../src/sandbox/engine-client.ts';
import { LocalSandbox, localProgram } from '../src/sandbox/local.ts';
import type { RunSpec, Sandbox } from '../src/sandbox/sandbox.ts';
import { House } from '../test/house.ts';
import { checkout } from './checkout.ts';
import { image } from './docker.ts';
import { Marks } from './marks.ts';
import { moment, pause, within } from './moment.ts';
import { TimedModel } from './timed-model.ts';
import { timedSandbox } from './timed-sandbox.ts';
import { ann, TimedTelegram } from './timed-telegram.ts';

export type Runtime = 'local' | 'docker';

export interface TimedOptions {
  readonly script: Script;
  readonly settings?: Record<string, string>;
}

const limitMs = 60_000;

/** The tests' house, the host and a fake platform in this process, with a stopwatch at every seam. */
export class TimedHouse implements AsyncDisposable {
  readonly house: House;
  readonly model: TimedModel;
  readonly marks = new Marks();
  /** When each part was accepted by the platform since the last question. */
  readonly accepted: number[] = [];
  #heard: () => void = () => undefined;

  readonly #telegram: TimedTelegram | undefined;

  private constructor(runtime: Runtime, { script, settings, telegram }: TimedOptions & { telegram?: TimedTelegram }) {
    this.model = new TimedModel(script);
    this.#telegram = telegram;
    this.house = new House({
      settings: { LOG_LEVEL: 'info', CONTAINER_IMAGE: image, ...settings },
      ...(telegram && { platform: telegram.channel }),
      upstream: { kind: 'rehearsal', handler: this.model.handle },
      sandbox: (config, clock) => timedSandbox(sandboxes[runtime](config, clock), this.marks),
    });
    this.#listen(telegram?.channel ?? this.house.channel);
  }

  /** With the fake platform. */
  static open(runtime: Runtime, options: TimedOptions): Promise<TimedHouse> {
    return TimedHouse.#open(runtime, options);
  }

  static async openOnTelegram(runtime: Runtime, options: TimedOptions): Promise<TimedHouse> {
    return TimedHouse.#open(runtime, { ...options, telegram: await TimedTelegram.open() });
  }

  static async #open(runtime: Runtime, options: TimedOptions & { telegram?: TimedTelegram }): Promise<TimedHouse> {
    await ensureRunner(checkout, { log: () => undefined });
    const timed = new TimedHouse(runtime, options);
    await timed.house.open();
    // Whoever asks so fast and so often would be taken for a machine.
    timed.house.withStore((store) => {
      store.owners.add({ channel: 'fake', senderId: 'ann', name: 'Ann' }, 0);
      store.owners.add({ channel: 'telegram', senderId: String(ann), name: 'Ann' }, 0);
    });
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
    const telegram = this.#telegram;
    await telegram?.ready();
    marks.set('said');
    if (telegram) telegram.say(text);
    else house.say(text);
    await within(limitMs, `${parts} answers to "${text}"`, answered);
    const [asked] = this.model.asked;
    marks.at('asked', asked?.at);
    marks.at('answered', asked?.answeredAt);
    marks.at('typing', telegram?.typing);
    marks.at('accepted', telegram ? telegram.accepted[0] : accepted[0]);
    return marks;
  }

  /** The same in every one of these chats of the fake platform; milliseconds until all of them have their answer. */
  async askAll(text: string, jids: readonly string[]): Promise<number> {
    const { accepted, house } = this;
    accepted.length = 0;
    const answered = new Promise<void>((resolve) => {
      this.#heard = () => accepted.length >= jids.length && resolve();
    });
    const startedAt = moment();
    for (const jid of jids) house.say(text, { jid });
    await within(5 * limitMs, `the answers of ${jids.length} chats`, answered);
    return moment() - startedAt;
  }

  /** The host is started again; resolves once its first container has said that it is ready. */
  async reopen(): Promise<void> {
    await this.house.close();
    this.marks.clear();
    await this.house.open();
    const ready = async () => {
      while (Number.isNaN(this.marks.span('ready', 'ready'))) await pause(5);
    };
    await within(limitMs, 'a container made ahead', ready());
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
    await this.#telegram?.[Symbol.asyncDispose]();
  }

  #listen(channel: Channel): void {
    const start = channel.start.bind(channel);
    channel.start = (events, signal) => {
      const onMessages = (act: readonly InboundMessage[]) => {
        const stored = events.onMessages(act);
        this.marks.set('stored');
        // What the bell wakes runs before anything else does.
        setImmediate(() => this.marks.set('rung'));
        return stored;
      };
      return start({ ...events, onMessages }, signal);
    };
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
