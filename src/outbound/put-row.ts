import { existsSync } from 'node:fs';
import { readButton } from '../acts/ask-question.ts';
import type { Channel, OutboundPart } from '../channels/channel.ts';
import type { Log } from '../lib/log.ts';
import { hasCode, NanoclawError } from '../model/errors.ts';
import { idOfOutboxName, seqOfName } from '../model/message.ts';
import type { ButtonRow, OutboxRow } from '../store/outbox-row.ts';
import type { Store } from '../store/store.ts';
import type { Spool } from './spool.ts';

interface PutParts {
  readonly store: Store;
  readonly log: Log;
  readonly spool: Spool;
}

/** Does on the platform what the row says. Resolves with the platform's id of the message it sent or was about. */
export function putRow(
  parts: PutParts,
  row: OutboxRow,
  to: { channel: Channel; signal: AbortSignal },
): Promise<string> {
  switch (row.kind) {
    case 'message':
      return putMessage(parts, row, to);
    case 'edit':
      return putEdit(parts, row, to);
    case 'reaction':
      return putReaction(parts, row, to);
  }
}

/** What is on the platform already is edited; when that message is gone, it is said anew. */
async function putMessage(
  parts: PutParts,
  row: OutboxRow,
  { channel, signal }: { channel: Channel; signal: AbortSignal },
): Promise<string> {
  const { text, platformId } = row;
  if (platformId !== undefined) {
    try {
      await channel.edit({ ...row.place, platformId, text, buttons: row.buttons }, signal);
      return platformId;
    } catch (error) {
      if (!hasCode(error, 'channel.refused')) throw error;
      parts.log.info({ err: error, key: row.key }, 'a message cannot be edited any more; it is sent anew');
      parts.store.outbox.forgetPlatformId(row.id);
    }
  }
  const sent = await channel.send(partOf(parts, row), signal);
  return sent.platformId;
}

async function putEdit(
  { store }: PutParts,
  row: OutboxRow,
  { channel, signal }: { channel: Channel; signal: AbortSignal },
): Promise<string> {
  const platformId = targetOf(store, row);
  await channel.edit({ ...row.place, platformId, text: row.text, buttons: openButtons(store, row) }, signal);
  return platformId;
}

/** The buttons of a question that is still open stay, whatever its text becomes. */
function openButtons(store: Store, { target = '' }: OutboxRow): ButtonRow | undefined {
  const buttons = store.said.get(idOfOutboxName(target) ?? 0)?.buttons;
  const asked = readButton(buttons?.[0]?.value ?? '');
  return asked && store.questions.get(asked.id)?.state === 'open' ? buttons : undefined;
}

async function putReaction(
  { store }: PutParts,
  row: OutboxRow,
  { channel, signal }: { channel: Channel; signal: AbortSignal },
): Promise<string> {
  const platformId = targetOf(store, row);
  await channel.react({ jid: row.place.jid, platformId, emoji: row.text || undefined }, signal);
  return platformId;
}

/** The platform's id of the message the row is about. Throws `channel.refused` when there will never be one. */
function targetOf(store: Store, { target = '' }: OutboxRow): string {
  const id = idOfOutboxName(target);
  const said = id === undefined ? undefined : store.said.get(id);
  // A chat's rows leave in their order, so this is an answer that is still being written: tried again until it stands.
  if (said && said.state !== 'sent' && said.state !== 'dead') throw new Error(`${target} is not in the chat yet`);
  const platformId = said ? said.platformId : store.messages.get(seqOfName(target) ?? 0)?.platformId;
  if (!platformId || said?.state === 'dead') {
    throw new NanoclawError('channel.refused', `The message ${target} never reached the chat.`);
  }
  return platformId;
}

function partOf({ spool }: PutParts, row: OutboxRow): OutboundPart {
  const { place, text, replyTo, buttons } = row;
  const part = { ...place, text, key: `${row.key}/${row.part}`, replyTo, buttons };
  if (!row.file) return part;
  const path = spool.pathOf(row.file);
  if (!existsSync(path)) throw new NanoclawError('channel.refused', `The file ${row.file.name} is no longer there.`);
  return { ...part, file: { path, name: row.file.name, mime: row.file.mime } };
}
