import type { Desk } from '../acts/post-message.ts';
import type { Mailbox } from '../ipc/mailbox.ts';
import type { Bell } from '../lib/bell.ts';
import type { Clock } from '../lib/clock.ts';
import type { Log } from '../lib/log.ts';
import type { Place } from '../model/chat.ts';
import type { FailedAnswer } from '../model/failed-answer.ts';
import type { Group } from '../model/group.ts';
import type { FoundRun, Run } from '../sandbox/sandbox.ts';
import type { Store } from '../store/store.ts';
import type { Held } from './causes.ts';

/** A container with its mailbox and its way out. */
export interface Launched {
  readonly run: Run;
  readonly mailbox: Mailbox;
  /** Where its output is kept. */
  readonly logPath: string;
  /** Gives back what was opened for it; called once, when the run has ended. */
  release(): Promise<void>;
}

/**
 * Makes a group's container from everything below this floor. Rejects with a NanoclawError; `sandbox.*` and `gateway.*`
 * codes are causes outside the message. Aborted: it settles as soon as the engine lets it; what is left is the next host's.
 */
export interface Launcher {
  /** Containers outlive the host, and the next one can take them over. */
  readonly adopts: boolean;
  launch(group: Group, runId: string, signal: AbortSignal): Promise<Launched>;
  /** What a container made now is put together from (image, mounts, limits, environment), in one line. */
  shapeOf(group: Group): string;
  /** Cuts what is open of the group's way out and would not be opened any more. */
  recheckEgress(folder: string): void;
  /** Containers of earlier hosts of this install. Empty where they end with their host. */
  leftovers(signal: AbortSignal): Promise<readonly FoundRun[]>;
  /** Takes a running leftover over: opens its way out again at the same place and attaches. Rejects when it is gone. */
  adopt(group: Group, found: FoundRun, signal: AbortSignal): Promise<Launched>;
  /** Ends a leftover and everything of it. */
  remove(found: FoundRun, signal: AbortSignal): Promise<void>;
  /** The group's mailbox without a container: what the last run left there. */
  mailboxOf(group: Group): Mailbox;
}

export interface TurnSettings {
  readonly assistantName: string;
  readonly timeZone: string;
  readonly model: string | undefined;
  /** The rehearsal model answers: what the SDK estimates of it costs nobody anything. */
  readonly costsNothing: boolean;
  readonly maxContainers: number;
  readonly maxMessagesPerPrompt: number;
  readonly signOfLifeMs: number;
  readonly idleMs: number;
  readonly maxOutputBytes: number;
  /** Folders of the groups whose container is made ahead of a message; `main` is the main group whatever its folder. */
  readonly prewarm: readonly string[];
}

/** What the room of turns is built from; app.ts puts it together. */
export interface TurnParts {
  readonly store: Store;
  readonly clock: Clock;
  readonly log: Log;
  readonly desk: Desk;
  readonly inboxBell: Bell;
  readonly launcher: Launcher;
  readonly settings: TurnSettings;
  /** One pass over the requests in a mailbox: how many there were; with `ended`, how many were taken away. */
  readonly serveRequests: (
    mailbox: Mailbox,
    asker: { group: Group; runId: string; place: Place | undefined; turnId: string | undefined; ended: boolean },
  ) => number;
  readonly setTyping: (place: Place, on: boolean) => void;
  /** The text so far of the answer a turn is writing, as the agent writes it (`<internal>` and all); empty takes it back. */
  readonly onPartial: (turn: { id: string; place: Place }, text: string) => void;
  /** The agent shows a sign of life; `tool` when one begins. */
  readonly onActivity: (turn: { id: string; place: Place }, tool: string | undefined) => void;
  /** Our reaction to a message of a person; undefined takes it back. A hint. */
  readonly react: (jid: string, platformId: string, emoji: string | undefined) => void;
  /** What the model answered that group's agent last, where the gateway saw that it was no answer. */
  readonly failedAnswer: (group: string) => FailedAnswer | undefined;
  /** Why no turn of that group may begin for this place now (no credential, a full disk, a spent budget), or undefined. */
  readonly heldBy: (group: Group, place: Place) => Held | undefined;
}

export interface LaneParts extends TurnParts {
  /** The host goes, and can wait no longer for a container that is being made or taken over. */
  readonly calledOff: AbortSignal;
  /** What became of the making of a container: why the sandbox could not do it, undefined when it could. */
  readonly onMade: (problem: string | undefined) => void;
}
