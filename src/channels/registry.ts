import { type Channel, ownerOf } from './channel.ts';

/** The channels of this host, by name. */
export class ChannelRegistry {
  readonly #channels = new Map<string, Channel>();

  add(channel: Channel): void {
    if (this.#channels.has(channel.name)) throw new Error(`two channels are named ${channel.name}`);
    this.#channels.set(channel.name, channel);
  }

  get(name: string): Channel | undefined {
    return this.#channels.get(name);
  }

  /** The channel a chat is on, undefined when that channel is not configured. */
  ownerOf(jid: string): Channel | undefined {
    return ownerOf(this.all(), jid);
  }

  all(): Channel[] {
    return [...this.#channels.values()];
  }
}
