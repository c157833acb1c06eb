// A house under attack: the group `evil` whose agent does whatever the test says, with exactly an agent's rights (the real
// SDK in the real sandbox, its Bash), and the group `other`, kept warm, whose people go on writing meanwhile.
import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { expect } from 'vitest';
import type { RehearsalContext } from '../../src/gateway/rehearsal/conversation.ts';
import type { Rehearsal } from '../../src/gateway/rehearsal/rehearsal.ts';
import { callTool, type Reply, say } from '../../src/gateway/rehearsal/reply.ts';
import { eventually } from '../eventually.ts';
import { pictureOf } from '../fixtures/hostile-directory.ts';
import { type House, type HouseOptions, openHouse } from '../house.ts';

export const evil = 'tg:66';
export const other = 'tg:9';
/** In every file outside; it may turn up nowhere else. */
export const canary = 'canary-7f3a1c';

export interface SiegeOptions extends HouseOptions {
  /** Whoever plays the model, when it is not the house's own. */
  readonly model?: Rehearsal;
  /** False: nobody else lives there. Default: the group `other`, warm. */
  readonly neighbour?: boolean;
}

interface Deed {
  readonly tool: string;
  readonly input: Readonly<Record<string, unknown>>;
  result: string | undefined;
}

export class Siege implements AsyncDisposable {
  readonly house: House;
  /** A tree of somebody else's. */
  readonly outside: string;
  /** How long the neighbours waited for their answers, in ms. */
  readonly waits: number[] = [];
  readonly #deeds: Deed[] = [];
  #people = 0;
  /** How long the host, which is this process, did nothing but one thing. */
  readonly #busy = monitorEventLoopDelay({ resolution: 10 });
  #quietMs = 0;

  private constructor(house: House) {
    this.house = house;
    this.outside = mkdtempSync(join(tmpdir(), 'outside-'));
    // Readable and writable for the agent's user, were it only there: what keeps it whole is the wall alone.
    for (const part of ['.', 'results', 'messages', 'sub']) {
      mkdirSync(join(this.outside, part), { recursive: true });
      chmodSync(join(this.outside, part), 0o777);
      for (const name of ['secret.json', 'x.json', 'status.json', 'CLAUDE.md']) {
        writeFileSync(join(this.outside, part, name), JSON.stringify({ type: 'message', chatJid: evil, text: canary }));
        chmodSync(join(this.outside, part, name), 0o666);
      }
    }
  }

  static async open(options: SiegeOptions = {}): Promise<Siege> {
    const { model, neighbour = true, settings, ...rest } = options;
    // Winding the clock is how tests make the host look; nothing may run out of patience by it.
    const patient = { CONTAINER_TIMEOUT: '1000000000000', IDLE_TIMEOUT: '1000000000000', ...settings };
    const siege = new Siege(await openHouse({ ...rest, settings: patient }));
    siege.house.group('evil', evil, { requiresTrigger: false });
    (model ?? siege.house.rehearsal).script = (context) => siege.#script(context);
    if (neighbour) await siege.#settleNeighbour();
    return siege;
  }

  get mailbox(): string {
    return join(this.house.home, 'data', 'ipc', 'evil');
  }

  /** What the agent sees as /workspace/group. */
  get folder(): string {
    return join(this.house.home, 'groups', 'evil');
  }

  picture(): unknown {
    return pictureOf(this.outside);
  }

  /** The agent of `evil` runs this to its end; what it printed. */
  async run(command: string): Promise<string> {
    return this.use('Bash', { command });
  }

  /** The agent of `evil` calls a tool; what the tool said. */
  async use(tool: string, input: Readonly<Record<string, unknown>>, jid = evil): Promise<string> {
    const { deed, over } = this.#begin({ tool, input, result: undefined }, jid);
    await over();
    return deed.result ?? '';
  }

  /** The agent begins to run this; `over` resolves at its end with what it printed. */
  begin(command: string): { over(): Promise<string> } {
    const { deed, over } = this.#begin({ tool: 'Bash', input: { command, timeout: 600_000 }, result: undefined }, evil);
    return {
      over: async () => {
        await over();
        return deed.result ?? '';
      },
    };
  }

  /** As `run`, while the other group goes on talking. */
  async runBesides(command: string): Promise<string> {
    const running = this.begin(command);
    await this.talkUntil(running.over());
    return running.over();
  }

  /** The other group talks, message after message, until something has happened and once more. */
  async talkUntil(happened: Promise<unknown>): Promise<void> {
    let open = true;
    const closing = happened.finally(() => {
      open = false;
    });
    try {
      while (open) await this.askNeighbour();
    } finally {
      await closing;
    }
    await this.askNeighbour();
  }

  /** The agent runs this, which stands when this resolves; `end` lets it run `undo` and finish. */
  async hold(command: string, undo = 'true'): Promise<{ end(): Promise<string> }> {
    const wait = 'while [ ! -e /workspace/group/go ]; do sleep 0.02; done; rm -f /workspace/group/go';
    const whole = `${command}\ntouch /workspace/group/planted\n${wait}\n${undo}`;
    const { deed, over } = this.#begin({ tool: 'Bash', input: { command: whole }, result: undefined }, evil);
    await eventually('the attack to stand', () => existsSync(join(this.folder, 'planted')));
    rmSync(join(this.folder, 'planted'));
    return {
      end: async () => {
        writeFileSync(join(this.folder, 'go'), '');
        await over();
        return deed.result ?? '';
      },
    };
  }

  /** The agent's container dies, as by the out-of-memory killer. */
  async endContainer(): Promise<void> {
    await this.house.sandbox.runs.findLast(({ spec }) => spec.group === 'evil')?.run.kill();
    this.look();
  }

  /** A person of the other group says something and is answered; in time, as measured on this machine when all is quiet. */
  async askNeighbour(): Promise<number> {
    const ms = await this.#ask();
    this.waits.push(ms);
    expect(ms, 'ms the other group waited').toBeLessThan(this.patienceMs);
    expect(this.longestBusyMs, 'ms the host did one thing').toBeLessThan(this.patienceMs);
    return ms;
  }

  /** Answered, however long it takes: its container may have to be made. */
  async warmNeighbour(): Promise<void> {
    await this.#ask();
  }

  get longestBusyMs(): number {
    return this.#busy.max / 1e6;
  }

  /** Liveness, not speed: far beyond what a wait takes (it is printed at the end), far below what a blocked host takes. */
  get patienceMs(): number {
    return Math.max(15_000, 20 * this.#quietMs);
  }

  /** The host looks at every mailbox, as it does every two seconds. */
  look(): void {
    this.house.clock.advance(2_000);
  }

  /** What the host logged, from its line `since` on. */
  logged(match: Readonly<Record<string, unknown>>, since = 0): Record<string, unknown>[] {
    return this.house.log
      .slice(since)
      .map((line): Record<string, unknown> => JSON.parse(line))
      .filter((entry) => Object.entries(match).every(([key, value]) => entry[key] === value));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.waits.length > 0) this.#tell();
    this.#busy.disable();
    await this.house[Symbol.asyncDispose]();
    rmSync(this.outside, { recursive: true, force: true });
  }

  #tell(): void {
    const [longest, busy] = [Math.max(...this.waits), this.longestBusyMs].map(Math.round);
    const asked = `${this.waits.length} times, ${Math.round(this.#quietMs)} ms when all was quiet`;
    console.log(
      `the other group waited ${longest} ms at most (asked ${asked}); the host was busy for ${busy} ms at most`,
    );
  }

  /** Each time another one: who asks so fast and so often would be taken for a machine. */
  #somebody(): string {
    this.#people += 1;
    return `person-${this.#people}`;
  }

  async #settleNeighbour(): Promise<void> {
    this.house.group('other', other, { requiresTrigger: false });
    await this.warmNeighbour();
    const quiet = [await this.#ask(), await this.#ask(), await this.#ask()].sort((a, b) => a - b);
    this.#quietMs = quiet[1] ?? 0;
    this.#busy.enable();
  }

  async #ask(): Promise<number> {
    const { house } = this;
    const text = `ping ${house.channel.heard.length}`;
    const startedAt = performance.now();
    house.say(text, { jid: other, senderId: this.#somebody() });
    await eventually(`the answer to ${text}`, () => house.heard(other).includes(`re ${text}`));
    return performance.now() - startedAt;
  }

  #begin(deed: Deed, jid: string): { deed: Deed; over: () => Promise<void> } {
    const number = this.#deeds.push(deed);
    this.house.say(`do ${number}`, { jid, senderId: this.#somebody() });
    const over = () =>
      eventually(`deed ${number} to be over`, () => this.house.heard(jid).includes(`did ${number}`), 120_000);
    return { deed, over: async () => void (await over()) };
  }

  #script({ text, toolResults }: RehearsalContext): Reply {
    const number = Number(/^do (\d+)$/.exec(text)?.[1]);
    const deed = this.#deeds[number - 1];
    if (!deed) return say(`re ${text}`);
    if (toolResults.length === 0) return callTool(deed.tool, deed.input);
    deed.result = toolResults.at(-1);
    return say(`did ${number}`);
  }
}

/** Shell that runs this in Node inside the sandbox, where `fs` and `path` are there. */
export function node(body: string): string {
  const tools = "const fs = require('node:fs'), path = require('node:path');";
  return `cat > /tmp/run.js <<'END'\n${tools}\n${body}\nEND\nNODE_NO_WARNINGS=1 node /tmp/run.js`;
}
