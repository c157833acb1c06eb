import type { Button, OutboundPart } from '../channel.ts';
import { refused } from './errors.ts';

/** Where a message goes and what hangs on it, in Telegram's own terms. */
export interface Target {
  readonly chat_id: number;
  readonly message_thread_id?: number;
  readonly reply_parameters?: { readonly message_id: number; readonly allow_sending_without_reply: true };
  readonly reply_markup?: { readonly inline_keyboard: { text: string; callback_data: string }[][] };
}

/** Throws for buttons that Telegram cannot carry. */
export function targetOf(part: Pick<OutboundPart, 'thread' | 'replyTo' | 'buttons'>, chatId: number): Target {
  const { thread, replyTo, buttons } = part;
  const message = messageIdOf(replyTo);
  return {
    chat_id: chatId,
    ...(messageIdOf(thread) === undefined ? {} : { message_thread_id: Number(thread) }),
    ...(message === undefined
      ? {}
      : { reply_parameters: { message_id: message, allow_sending_without_reply: true as const } }),
    ...(buttons && buttons.length > 0 ? { reply_markup: { inline_keyboard: keyboardOf(buttons) } } : {}),
  };
}

/** Undefined for what is no id of a message or topic. */
export function messageIdOf(platformId: string | undefined): number | undefined {
  return platformId !== undefined && /^[1-9]\d{0,9}$/.test(platformId) ? Number(platformId) : undefined;
}

/** Two in a row where all are short. */
function keyboardOf(buttons: readonly Button[]): { text: string; callback_data: string }[][] {
  const keys = buttons.map(({ label, value }) => {
    if (Buffer.byteLength(value) > 64) throw refused(`The button "${label}" carries more than 64 bytes.`);
    return { text: label, callback_data: value };
  });
  const perRow = keys.every(({ text }) => text.length <= 16) ? 2 : 1;
  return Array.from({ length: Math.ceil(keys.length / perRow) }, (_, row) =>
    keys.slice(row * perRow, (row + 1) * perRow),
  );
}
