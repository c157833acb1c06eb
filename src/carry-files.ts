// Files that come with messages and files that agents send: what needs both a channel and a place in the home.
import { join } from 'node:path';
import type { Desk } from './acts/post-message.ts';
import type { Channel } from './channels/channel.ts';
import { AttachmentFetcher, type FetcherParts } from './inbound/fetch-attachments.ts';
import { NanoclawError } from './model/errors.ts';
import type { ToolDesk } from './tools/tool.ts';

interface Places {
  readonly home: string;
  readonly channelOf: (jid: string) => Channel | undefined;
}

export function fetchAttachments(
  parts: Omit<FetcherParts, 'groupsDirectory' | 'isOpen' | 'fetch'>,
  { home, channelOf }: Places,
): AttachmentFetcher {
  return new AttachmentFetcher({
    ...parts,
    groupsDirectory: join(home, 'groups'),
    isOpen: (jid) => channelOf(jid)?.isOpen(jid) ?? false,
    fetch: async ({ jid, ref }, how) => {
      const channel = channelOf(jid);
      if (!channel) throw new NanoclawError('channel.closed', `No channel of this host has the chat ${jid}.`);
      return channel.fetch(ref, how);
    },
  });
}

export function toolDesk(desk: Desk, { home, channelOf }: Places): ToolDesk {
  return {
    ...desk,
    folderOf: (group) => join(home, 'groups', group),
    spoolDirectory: join(home, 'data', 'spool'),
    maxFileBytesOf: (jid) => channelOf(jid)?.capabilities.maxFileBytes ?? 0,
  };
}
