// The tools, and what they are made from: the channels, the home and the registry.
import { join } from 'node:path';
import type { Registry } from './acts/register-group.ts';
import type { TaskDesk } from './acts/schedule-task.ts';
import { type Channel, ownerOf } from './channels/channel.ts';
import { Requests } from './ipc/requests.ts';
import type { Snapshots } from './ipc/snapshots.ts';
import type { Log } from './lib/log.ts';
import { loadTools } from './tools/index.ts';
import type { ToolDesk } from './tools/tool.ts';

interface ServingParts {
  readonly home: string;
  readonly registry: Registry;
  readonly channels: readonly Channel[];
  readonly log: Log;
  readonly snapshots: Snapshots;
}

/** A platform is asked for the names of that many chats at most. */
const mostLookedUp = 200;

export async function serveTools(desk: TaskDesk, parts: ServingParts): Promise<Requests> {
  const { store, clock } = desk;
  const { log, snapshots } = parts;
  const tools = await loadTools(toolDesk(desk, parts));
  return new Requests({ store, clock, log, tools, snapshots });
}

function toolDesk(desk: TaskDesk, { home, registry, channels, log }: ServingParts): ToolDesk {
  const capabilitiesOf = (jid: string) => ownerOf(channels, jid)?.capabilities;
  return {
    ...desk,
    registry,
    folderOf: (group) => join(home, 'groups', group),
    spoolDirectory: join(home, 'data', 'spool'),
    maxFileBytesOf: (jid) => capabilitiesOf(jid)?.maxFileBytes ?? 0,
    abilitiesOf: (jid) => capabilitiesOf(jid) ?? { edits: false, reactions: false, buttons: false },
    refreshChats: () => {
      const known = desk.store.chats.all().map((chat) => chat.jid);
      for (const channel of channels) {
        const its = known.filter((jid) => channel.owns(jid)).slice(0, mostLookedUp);
        channel.refresh?.(its).catch((error: unknown) => {
          log.warn({ err: error, channel: channel.name }, 'a channel could not look for its chats');
        });
      }
    },
  };
}
