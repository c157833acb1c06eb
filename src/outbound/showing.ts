import type { Channel } from '../channels/channel.ts';
import type { Clock } from '../lib/clock.ts';
import type { Log } from '../lib/log.ts';
import type { Place } from '../model/chat.ts';
import type { Store } from '../store/store.ts';
import type { TextLimits } from '../text/split.ts';

/** What is to be seen of an answer at this moment. */
export interface Sight {
  /** What may be shown of its text; empty when it was taken back, or has not begun. */
  readonly text: string;
  /** A line about what goes on, below the text or in its place. */
  readonly line: string | undefined;
}

/** How a chat shows an answer that is being written. A hint: nothing of it fails, and the result does not need it. */
export interface Showing {
  show(sight: Sight): void;
  /** Called every few seconds while the turn runs. */
  refresh?(): void;
}

export interface ShowingParts {
  readonly store: Store;
  readonly clock: Clock;
  readonly log: Log;
  readonly channel: Channel;
  readonly turnId: string;
  readonly group: string;
  readonly place: Place;
  /** What one message holds. */
  readonly limits: TextLimits;
  /** The least time between two changes. */
  readonly everyMs: number;
  /** Aborts when nothing more is to be shown. */
  readonly signal: AbortSignal;
  /** Does what sends or edits at a place, one at a time with everything else that does; its signal says how long it may take. */
  readonly inChat: (place: Place, work: (signal: AbortSignal) => Promise<void>) => Promise<void>;
}
