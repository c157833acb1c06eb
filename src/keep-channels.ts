// What the channels tell the host, and what the host does when one is refused.
import { announceChat } from './acts/announce-chat.ts';
import { moveChat } from './acts/move-chat.ts';
import type { Desk } from './acts/post-message.ts';
import { tellMain } from './acts/tell-main.ts';
import type { Channel } from './channels/channel.ts';
import { ChannelKeeper } from './channels/kit/supervise.ts';
import type { Receiver } from './inbound/receive.ts';
import { setAside } from './inbound/set-aside.ts';
import type { Log } from './lib/log.ts';

export function keepChannels(
  channels: readonly Channel[],
  parts: { receiver: Receiver; desk: Desk; log: Log; failedDirectory: string },
): ChannelKeeper {
  const { receiver, desk, log, failedDirectory } = parts;
  const { store, clock, outboxBell } = desk;
  return new ChannelKeeper(channels, {
    clock,
    log,
    eventsOf: (channel) => ({
      onMessages: (act) => receiver.receive(act, channel.name),
      onSetAside: (act, error) => setAside({ desk, log, directory: failedDirectory }, act, error),
      onMoved: (from, to) => {
        if (moveChat(desk, { from, to })) log.info({ from, to }, 'a chat has another id now; all of it follows');
      },
      onChat: ({ jid, name, isGroup, addedBy: by }) => {
        store.chats.see({ jid, name, isGroup, channel: channel.name });
        if (by === undefined) return;
        const owner = store.owners.all().find((one) => one.channel === channel.name && one.senderId === by);
        announceChat(desk, { jid, name, by: owner?.name ?? by, how: 'added' });
      },
      onOpen: () => outboxBell.ring(),
    }),
    onRefused: (channel, sentence) => {
      const day = Math.floor(clock.now() / 86_400_000);
      const text = `⚠️ ${channel.name} does not let me in: ${sentence}`;
      tellMain(desk, { key: `notice:refused:${channel.name}:${day}`, text });
    },
  });
}
