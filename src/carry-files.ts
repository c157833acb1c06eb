// Files that come with messages: what needs both a channel and a place in the home.
import { join } from 'node:path';
import type { Channel } from './channels/channel.ts';
import { AttachmentFetcher, type FetcherParts } from './inbound/fetch-attachments.ts';
import { NanoclawError } from './model/errors.ts';

interface Places {
  readonly home: string;
  readonly channelOf: (jid: string) => Channel | undefined;
}

export function fetchAttachments(
  parts: Omit<FetcherParts, 'groupsDirectory' | 'fetch'>,
  { home, channelOf }: Places,
): AttachmentFetcher {
  return new AttachmentFetcher({
    ...parts,
    groupsDirectory: join(home, 'groups'),
    fetch: async ({ jid, ref }, how) => {
      const channel = channelOf(jid);
      if (!channel) throw new NanoclawError('channel.closed', `No channel of this host has the chat ${jid}.`);
      return channel.fetch(ref, how);
    },
  });
}
