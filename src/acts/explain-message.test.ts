import { join } from 'node:path';
import { expect, test } from 'vitest';
import { tempDirectory } from '../../test/temp-directory.ts';
import type { InboundMessage } from '../model/message.ts';
import { Store } from '../store/store.ts';
import { explainInWords } from './explain-in-words.ts';
import { explainMessage, findMessage } from './explain-message.ts';

const dayMs = 86_400_000;

test('what became of an old message is told truly when its parts are no longer kept', () => {
  using home = tempDirectory();
  const store = Store.open(join(home.path, 'messages.db'));
  const place = { jid: 'tg:1', thread: undefined };
  store.chats.see({ jid: place.jid, name: 'Ann', isGroup: false, channel: 'telegram' });
  const hear = (platformId: string, text: string): number => {
    const who = { senderId: '7', senderName: 'Ann', fromOwner: true, mentionsAssistant: false, replyTo: undefined };
    const message: InboundMessage = { ...place, ...who, platformId, text, kind: 'message', revision: 0, sentAt: 0 };
    return store.messages.insertInbound(message, 'owner', 0) ?? 0;
  };
  const asked = hear('1', 'what is the time?');
  const command = hear('2', '/status');
  store.messages.markCommand(command);
  store.outbox.add({ key: `command:${command}`, group: 'main', place, turnId: undefined, parts: ['well'] }, 0);
  store.outbox.markSent(1, '3', 0);
  store.messages.insertOutbound({ ...place, platformId: '3', name: 'Andy', text: 'well', kind: 'message' }, 0);
  const words = (id: string) => {
    const told = explainMessage(store, findMessage(store, { id, chat: place.jid }));
    return explainInWords(told, { timeZone: 'UTC', now: 91 * dayMs }).join('\n');
  };
  expect(words('2')).toContain('It was a command');
  store.prune.step(91 * dayMs);
  expect(store.outbox.knows(`command:${command}`)).toBe(false);
  expect(words('2')).toContain('It was a command');
  expect(words('3')).toContain('no longer kept');
  expect(words('3')).not.toContain('notice');
  expect(store.messages.lastSaid(place, command + 10)?.seq).toBe(asked);
  store.close();
});
