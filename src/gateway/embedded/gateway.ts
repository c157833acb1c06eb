import { type Clock, systemClock } from '../../lib/clock.ts';
import type { Log } from '../../lib/log.ts';
import { Outgoing } from '../../lib/outgoing.ts';
import { NanoclawError } from '../../model/errors.ts';
import type { FailedAnswer } from '../../model/failed-answer.ts';
import type { Door, DoorSpec, Gateway } from '../gateway.ts';
import type { RequestHandler } from '../model-api.ts';
import { variableOf } from './credential.ts';
import { openDoor } from './door.ts';
import { EgressProxy } from './egress.ts';
import { type Network, systemNetwork } from './network.ts';
import { type AnthropicUpstream, Upstream } from './upstream.ts';
import { parseAllow } from './vet.ts';

export type ModelUpstream = AnthropicUpstream | { readonly kind: 'rehearsal'; readonly handler: RequestHandler };

export interface EmbeddedGatewayOptions {
  readonly upstream: ModelUpstream;
  readonly log: Log;
  readonly clock?: Clock;
  /** How the outside is reached; the gateway does not close it. Default: its own, without a proxy. */
  readonly outgoing?: Outgoing;
  readonly network?: Network;
  /** Longest wait for a connection, the look-up of the name included. */
  readonly connectMs?: number;
  /** Longest silence of a connected model; Anthropic's streams hold pings, so two minutes of nothing is a dead one. */
  readonly idleMs?: number;
}

/** The gateway inside the host process: one unix socket per group, no TCP port, no control plane. */
export class EmbeddedGateway implements Gateway {
  readonly credential: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly #log: Log;
  readonly #clock: Clock;
  readonly #network: Network;
  readonly #connectMs: number;
  readonly #model: (group: string) => RequestHandler;
  /** By group, what the model's server answered last, where that was no answer. */
  readonly #failed = new Map<string, FailedAnswer>();
  readonly #own: Outgoing | undefined;
  readonly #doors = new Map<string, Promise<Door>>();
  #closed = false;

  constructor(options: EmbeddedGatewayOptions) {
    const { upstream, log, clock = systemClock, connectMs = 15_000, idleMs = 120_000 } = options;
    const outgoing = options.outgoing ?? new Outgoing({ clock, connectMs });
    this.#own = options.outgoing ? undefined : outgoing;
    const { network = systemNetwork(outgoing) } = options;
    this.#log = log;
    this.#clock = clock;
    this.#network = network;
    this.#connectMs = connectMs;
    if (upstream.kind === 'rehearsal') {
      this.credential = 'rehearsal';
      this.#model = () => upstream.handler;
    } else {
      const real = new Upstream(upstream, { clock, log, outgoing, connectMs, idleMs });
      this.credential = variableOf(upstream.credential.kind);
      this.#model = (group) => (request, response) => {
        const counts = request.method === 'POST' && /^\/v1\/messages(\?|$)/.test(request.url ?? '');
        real.handle(request, response, counts ? (failed) => this.#note(group, failed) : undefined);
      };
    }
    const placeholder = upstream.kind === 'rehearsal' ? 'ANTHROPIC_API_KEY' : this.credential;
    // Where the relay inside every sandbox listens.
    this.environment = { ANTHROPIC_BASE_URL: 'http://127.0.0.1:3128', [placeholder]: 'placeholder' };
  }

  async open(spec: DoorSpec): Promise<Door> {
    const earlier = this.#doors.get(spec.directory);
    const opening = (async () => {
      await earlier?.then(
        (door) => door.close(),
        () => undefined,
      );
      if (this.#closed) throw new NanoclawError('gateway.cannot-listen', 'The gateway is closed.');
      return this.#openDoor(spec);
    })();
    this.#doors.set(spec.directory, opening);
    const forget = () => {
      if (this.#doors.get(spec.directory) === opening) this.#doors.delete(spec.directory);
    };
    try {
      const door = await opening;
      return {
        recheck: () => door.recheck(),
        async close() {
          await door.close();
          forget();
        },
      };
    } catch (error) {
      forget();
      throw error;
    }
  }

  failedAnswer(group: string): FailedAnswer | undefined {
    return this.#failed.get(group);
  }

  async close(): Promise<void> {
    this.#closed = true;
    const doors = await Promise.allSettled(this.#doors.values());
    await Promise.all(doors.map((door) => (door.status === 'fulfilled' ? door.value.close() : undefined)));
    this.#own?.close();
  }

  #note(group: string, failed: FailedAnswer | undefined): void {
    if (failed) this.#failed.set(group, failed);
    else this.#failed.delete(group);
  }

  #openDoor(spec: DoorSpec): Promise<Door> {
    const log = this.#log.child({ group: spec.group });
    const { unreadable } = parseAllow(spec.allow);
    if (unreadable.length > 0) log.warn({ unreadable }, 'allow entries are not host:port and open nothing');
    const rules = () => ({ group: spec.group, egress: spec.egress, allow: parseAllow(spec.allow).allow });
    const egress = new EgressProxy(rules, {
      network: this.#network,
      clock: this.#clock,
      log,
      connectMs: this.#connectMs,
    });
    return openDoor({ directory: spec.directory, model: this.#model(spec.group), egress, clock: this.#clock, log });
  }
}
