// What keeps a place from being answered now although nothing is wrong with its messages.
import { statfsSync } from 'node:fs';
import type { Channel } from './channels/channel.ts';
import type { Config } from './config.ts';
import type { Gateway } from './gateway/gateway.ts';
import type { Place } from './model/chat.ts';
import type { Cause } from './turns/causes.ts';

interface Held {
  readonly cause: Cause;
  readonly detail: string;
}

export function holdPlaces(
  config: Config,
  parts: { gateway: Gateway; channelOf: (jid: string) => Channel | undefined },
): (place: Place) => Held | undefined {
  return (place) => lowDisk(config) ?? missingCredential(parts.gateway, parts.channelOf(place.jid));
}

function lowDisk(config: Config): Held | undefined {
  const { bavail, bsize } = statfsSync(config.home);
  const free = bavail * bsize;
  if (free >= config.diskMinFreeBytes) return undefined;
  const mib = Math.floor(free / 1_048_576);
  return { cause: 'disk', detail: `The disk of my home directory is nearly full (${mib} MiB free).` };
}

// The rehearsal model is for trying things out; on a messaging platform people would take it for the assistant.
function missingCredential(gateway: Gateway, channel: Channel | undefined): Held | undefined {
  if (gateway.credential !== 'rehearsal' || channel?.name === 'terminal') return undefined;
  return { cause: 'no-credential', detail: 'no credential' };
}
