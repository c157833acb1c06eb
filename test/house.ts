// One fixture for flow tests: the same startApp as main, in a temp directory, with a fake platform, the rehearsal model
// behind the real gateway, real sandboxes with the real agent runner inside, and a clock that can be wound.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import Database from 'better-sqlite3';
import { ensureRunner } from '../scripts/install.mjs';
import { registerGroup } from '../src/acts/register-group.ts';
import { type App, startApp } from '../src/app.ts';
import type { Channel } from '../src/channels/channel.ts';
import { type Config, readConfig } from '../src/config.ts';
import { EmbeddedGateway, type ModelUpstream } from '../src/gateway/embedded/gateway.ts';
import { createRehearsal, type Rehearsal } from '../src/gateway/rehearsal/rehearsal.ts';
import { systemClock } from '../src/lib/clock.ts';
import { createLog } from '../src/lib/log.ts';
import { sentenceOf } from '../src/model/errors.ts';
import type { InboundMessage } from '../src/model/message.ts';
import { LocalSandbox, localProgram } from '../src/sandbox/local.ts';
import type { Sandbox } from '../src/sandbox/sandbox.ts';
import type { InboxState } from '../src/store/inbox.ts';
import { Store } from '../src/store/store.ts';
import { eventually } from './eventually.ts';
import { channelOf } from './fixtures/channel-of.ts';
import { FakeChannel } from './fixtures/fake-channel.ts';
import { RecordingSandbox } from './fixtures/recording-sandbox.ts';
import { WindableClock } from './windable-clock.ts';

const checkout = resolve(fileURLToPath(new URL('..', import.meta.url)));

export interface HouseOptions {
  readonly settings?: Record<string, string>;
  /** Default: bubblewrap with this checkout's runner. */
  readonly sandbox?: (config: Config, clock: WindableClock) => Sandbox;
  /** Default: the rehearsal model, taken for a real one so that every channel is answered. */
  readonly upstream?: ModelUpstream;
  /** Default: the fake platform. */
  readonly platform?: Channel;
  /** Before the host starts with it. */
  readonly onSandbox?: (sandbox: RecordingSandbox) => void;
}

/** The chat wired to main. */
const owner = 'tg:1';

export class House implements AsyncDisposable {
  readonly home: string;
  readonly clock = new WindableClock();
  readonly channel = new FakeChannel({ name: 'tg' });
  readonly rehearsal: Rehearsal = createRehearsal();
  readonly config: Config;
  readonly #options: HouseOptions;
  #sandbox: RecordingSandbox | undefined;
  readonly #log: string[] = [];
  #app: App | undefined;
  /** Why the host would have ended at once. */
  readonly broken: string[] = [];

  constructor(options: HouseOptions) {
    this.#options = options;
    this.home = mkdtempSync(join(tmpdir(), 'house-'));
    mkdirSync(join(this.home, 'config'));
    const environment = {
      PATH: process.env['PATH'],
      NANOCLAW_HOME: this.home,
      NANOCLAW_CONFIG_DIR: join(this.home, 'config'),
      TZ: 'Europe/Berlin',
      LOG_LEVEL: 'debug',
      DISK_MIN_FREE: '1m',
      PREWARM: 'none',
      ...options.settings,
    };
    this.config = readConfig(checkout, { environment });
  }

  get app(): App {
    if (!this.#app) throw new Error('the house is closed');
    return this.#app;
  }

  /** The sandbox of this opening, overheard. */
  get sandbox(): RecordingSandbox {
    if (!this.#sandbox) throw new Error('the house was never opened');
    return this.#sandbox;
  }

  /** Everything logged so far, one JSON object per line. */
  get log(): readonly string[] {
    return this.#log;
  }

  async open(): Promise<this> {
    const { config, clock } = this;
    const log = createLog(config.logLevel, { write: (line: string) => void this.#log.push(line) });
    const handler = this.rehearsal.handle.bind(this.rehearsal);
    const gateway = new EmbeddedGateway({
      upstream: this.#options.upstream ?? { kind: 'rehearsal', handler },
      log,
      clock,
    });
    // To the host it is a model like any other, or it would hold back what does not come from a terminal.
    Object.defineProperty(gateway, 'credential', { value: 'ANTHROPIC_API_KEY' });
    const sandbox = new RecordingSandbox(this.#options.sandbox?.(config, clock) ?? (await localSandbox(config)));
    this.#sandbox = sandbox;
    this.#options.onSandbox?.(sandbox);
    this.#app = await startApp({
      config,
      clock,
      log,
      gateway,
      channels: [this.#options.platform ?? this.channel],
      chooseSandbox: async () => ({ sandbox, record: undefined }),
      requestStop: () => undefined,
      onBroken: (trouble) => void this.broken.push(sentenceOf(trouble)),
    });
    this.withStore((store) => {
      if (!store.chats.get(owner)) {
        store.chats.see({ jid: owner, channel: 'telegram', name: 'Ann', isGroup: false });
        store.chats.wire(owner, 'main');
      }
    });
    return this;
  }

  /** Ends the host as its own stop does; `open` starts it again on the same home. */
  async close(how: { now: boolean } = { now: true }): Promise<void> {
    const app = this.#app;
    this.#app = undefined;
    await app?.stop(how);
  }

  /** A second look at the database, beside the host's own. */
  withStore<T>(work: (store: Store) => T): T {
    const store = Store.open(join(this.home, 'store', 'messages.db'));
    try {
      return work(store);
    } finally {
      store.close();
    }
  }

  /** What a bit that fell over, or somebody with an editor for databases, has done. */
  damage(sql: string): void {
    const db = new Database(join(this.home, 'store', 'messages.db'));
    db.exec(sql);
    db.close();
  }

  group(folder: string, jid: string, more: { requiresTrigger?: boolean; trigger?: string } = {}): void {
    this.withStore((store) =>
      registerGroup(
        {
          store,
          clock: this.clock,
          groupsDirectory: join(this.home, 'groups'),
          templatesDirectory: join(checkout, 'groups'),
          assistantName: this.config.assistantName,
          channelOf,
        },
        { folder, name: folder, jid, ...more },
      ),
    );
  }

  say(text: string, more: Partial<InboundMessage> & { jid?: string } = {}): number {
    const seq = this.channel.say(more.jid ?? owner, text, more);
    if (seq === undefined) throw new Error('the message was dropped');
    return seq;
  }

  /** Texts that have arrived in a chat. */
  heard(jid = owner): string[] {
    return this.channel.heard.filter((one) => one.jid === jid).map((one) => one.text);
  }

  /** Resolves with the texts once there are at least `count`. */
  async hears(count: number, options: { jid?: string; withinMs?: number } = {}): Promise<string[]> {
    const { jid = owner, withinMs = 60_000 } = options;
    return eventually(
      `${count} messages in ${jid}; there are: ${JSON.stringify(this.heard(jid))}`,
      () => {
        const texts = this.heard(jid);
        return texts.length >= count ? texts : undefined;
      },
      withinMs,
    );
  }

  /** What a person's /stop does in a chat. */
  stopTurn(jid = owner, thread?: string): boolean {
    return this.app.turns.stopTurn({ jid, thread });
  }

  /** What became of a message. */
  state(seq: number): InboxState | undefined {
    return this.withStore((store) => store.inbox.ofMessage(seq)?.state);
  }

  /** Winds the clock while that message waits for its next attempt; an agent at work is left the time it takes. */
  hurry(seq: number, ms: number): void {
    if (this.state(seq) === 'waiting') this.clock.advance(ms);
  }

  /** Resolves once no turn runs any more. */
  async rests(): Promise<void> {
    await eventually('no turn to run', () => this.withStore((store) => store.turns.running().length === 0));
  }

  read(...path: string[]): string {
    return readFileSync(join(this.home, ...path), 'utf8');
  }

  touch(...path: string[]): void {
    writeFileSync(join(this.home, ...path), '');
  }

  /** Puts a file into a group's mailbox as its runner would. */
  drop(folder: string, place: string, name: string, body: unknown): void {
    const path = join(this.home, 'data', 'ipc', folder, place, name);
    writeFileSync(`${path}.tmp`, JSON.stringify(body));
    renameSync(`${path}.tmp`, path);
  }

  /** The host's reply to a request, once there. */
  reply(folder: string, id: string): unknown {
    const path = join(this.home, 'data', 'ipc', folder, 'replies', `${id}.json`);
    return existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')) : undefined;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
    // By `rm`: an attack may have left what is nested deeper than Node can follow.
    spawnSync('rm', ['-rf', '--', this.home]);
  }
}

export function openHouse(options: HouseOptions = {}): Promise<House> {
  return new House(options).open();
}

async function localSandbox(config: Config): Promise<Sandbox> {
  await ensureRunner(checkout, { log: () => undefined });
  const program = localProgram({ node: process.execPath, agentRunner: join(checkout, 'container', 'agent-runner') });
  return new LocalSandbox({ program, searchPath: config.environment.path, hidden: [config.home], clock: systemClock });
}
