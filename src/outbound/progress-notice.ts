import { type Desk, postMessage } from '../acts/post-message.ts';
import type { Showing, ShowingParts, Sight } from './showing.ts';

/** Where nothing can be streamed: only the lines about what goes on, one message that is edited, or one after the other. */
export class ProgressNotice implements Showing {
  readonly #parts: ShowingParts;
  readonly #desk: Desk;
  #count = 0;

  constructor(parts: ShowingParts, desk: Desk) {
    this.#parts = parts;
    this.#desk = desk;
  }

  show({ line }: Sight): void {
    const { store, channel, turnId, group, place } = this.#parts;
    if (line === undefined || !channel.isOpen(place.jid)) return;
    const key = `notice:working:${turnId}`;
    if (channel.capabilities.edits && store.outbox.knows(key)) {
      if (store.outbox.rewrite(key, line)) this.#desk.outboxBell.ring();
      return;
    }
    const number = channel.capabilities.edits ? '' : `:${++this.#count}`;
    postMessage(this.#desk, { key: `${key}${number}`, group, place, text: line });
  }
}
