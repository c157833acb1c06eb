import type { Agent } from 'node:http';
import type { z } from 'zod';
import type { Clock } from '../lib/clock.ts';
import type { Log } from '../lib/log.ts';
import type { Channel } from './channel.ts';

/**
 * What is known of a channel without loading its platform's library: `src/channels/<name>/manifest.ts` exports `manifest`,
 * `src/channels/<name>/channel.ts` exports `createChannel`. Adding a channel is adding a folder, and no list names it.
 */
export interface ChannelManifest {
  /** The folder's name, and the channel's everywhere. */
  readonly name: string;
  /** Its settings by variable name, each optional and described; a secret becomes a `Secret`. */
  readonly settings: z.ZodObject;
  /** It is configured when all of these are set, and otherwise never imported. */
  readonly needs: readonly string[];
  /** The platform's own id of the chat that a JID names; undefined for a JID of another channel. The only place that knows their shape. */
  chatOf(jid: string): string | undefined;
}

/** What `createChannel` gets. */
export interface ChannelParts {
  /** The text of a setting, undefined where it is not set; the manifest's schema has accepted it. */
  setting(name: string): string | undefined;
  readonly clock: Clock;
  readonly log: Log;
  /** Kept-alive connections over slow lines and the proxy of the settings; ask for each request. Node's own if not given. */
  readonly agentFor?: ((url: URL) => Agent) | undefined;
  /** What a person can command in a chat, for a platform's menu. */
  readonly commands: readonly { readonly name: string; readonly description: string }[];
}

export type CreateChannel = (parts: ChannelParts) => Channel;
