import type { FailedAnswer } from '../model/failed-answer.ts';
import type { Egress } from '../model/group.ts';

/**
 * One group's way out. The socket is the identity: whoever can connect to it is that group. `egress` and `allow` are read
 * for each request, so a caller may hand over what the group has at that moment.
 */
export interface DoorSpec {
  readonly group: string;
  /**
   * Directory in which `gw.sock` (0666) is made; mounted read-only at /run/gw. Made when missing: 0711 in a 0700 parent,
   * because the mount shows the directory itself and the sandbox's user must be able to pass through it, while on the host
   * nobody else may. A caller that makes it sees to the same. The path of the socket may be 107 bytes long.
   */
  readonly directory: string;
  readonly egress: Egress;
  /** `host:port` that may be reached whatever the egress is and although the address is private. Compared by name. */
  readonly allow: readonly string[];
}

export interface Door {
  /** The rules have changed: cuts what is open and would not be opened any more. */
  recheck(): void;
  /** Stops listening, cuts what is open, removes the socket. Idempotent. */
  close(): Promise<void>;
}

/**
 * The only way out of a sandbox. On one socket: origin-form requests (`/v1/messages`) go to the model upstream with the
 * real credential put in place of the placeholder; absolute-form and CONNECT are the egress proxy.
 *
 * What a caller may rely on, checked by test/contracts/gateway.ts against every gateway:
 * - `open` resolves when connections are taken. Opening a directory again closes the door that was there.
 *   It throws `gateway.cannot-listen` (path too long, directory not writable, gateway closed).
 * - A rule that has changed counts for the next request, and after `recheck` for what is open as well.
 * - Nothing is buffered: a streamed answer passes piece by piece; when either side goes away, the other side learns it.
 * - Every refusal is an answer with a sentence: Anthropic's JSON error on the model side, plain text on the egress side.
 *   A model that cannot be reached is 502, one that falls silent is 504 or a cut, so that the SDK tries again
 *   (at once only where that can help: `x-should-retry: false` says that it cannot).
 * - The credential reaches the upstream and nothing else: no answer, log line or environment holds it.
 */
export interface Gateway {
  /** For status and banner: `ANTHROPIC_API_KEY`, `CLAUDE_CODE_OAUTH_TOKEN`, `ANTHROPIC_AUTH_TOKEN` or `rehearsal`. */
  readonly credential: string;
  /** The environment a run needs so that the SDK sends the right kind of placeholder. Holds no secret. */
  readonly environment: Readonly<Record<string, string>>;
  open(spec: DoorSpec): Promise<Door>;
  /** What the model's server answered that group's agent last, where that was no answer. Not over a restart. */
  failedAnswer(group: string): FailedAnswer | undefined;
  /** Closes every door. Idempotent; nothing can be opened afterwards. */
  close(): Promise<void>;
}
