import { type FileHandle, open, stat } from 'node:fs/promises';
import { extname } from 'node:path';
import { InputFile } from 'grammy/web';
import { NanoclawError, systemCode } from '../../model/errors.ts';
import type { OutboundFile } from '../channel.ts';
import type { Calls, TelegramApi } from './api.ts';
import { deliveryError, failureOf, refused } from './errors.ts';
import { ask, readAll } from './http.ts';
import type { Target } from './target.ts';

export type FileKind = 'photo' | 'voice' | 'audio' | 'video' | 'animation' | 'document';

const mebi = 1024 * 1024;
export const maxFileBytes = 50 * mebi;
const chunkBytes = 64 * 1024;
const maxPhotoBytes = 10 * mebi;

const kinds: readonly (readonly [FileKind, RegExp])[] = [
  ['photo', /^image\/(jpeg|png|webp)$|^\.(jpe?g|png|webp)$/],
  ['animation', /^image\/gif$|^\.gif$/],
  ['voice', /^audio\/(ogg|opus)$|^\.(ogg|oga|opus)$/],
  ['audio', /^audio\/(mpeg|mp3|mp4|x-m4a|m4a)$|^\.(mp3|m4a)$/],
  ['video', /^video\/mp4$|^\.mp4$/],
];

/** How Telegram shows a file best. Refused when it is gone or larger than Telegram takes. */
export async function fileKindOf(file: OutboundFile): Promise<FileKind> {
  const { size } = await stat(file.path).catch((error: unknown) => {
    if (systemCode(error) === 'ENOENT') throw refused(`The file ${file.name} is gone.`);
    throw error;
  });
  if (size > maxFileBytes) throw refused(`${file.name} is larger than the 50 MB that Telegram lets bots send.`);
  if (size === 0) throw refused(`${file.name} is empty; Telegram does not take empty files.`);
  const type = file.mime ?? extname(file.name).toLowerCase();
  const kind = kinds.find(([, pattern]) => pattern.test(type))?.[0] ?? 'document';
  return kind === 'photo' && size > maxPhotoBytes ? 'document' : kind;
}

/** The id of the message. */
export async function sendFile(
  calls: Calls,
  file: OutboundFile,
  how: { kind: FileKind; to: Target; caption: string; signal: AbortSignal },
): Promise<number> {
  const { kind, to, caption, signal } = how;
  // grammY writes the name into a header as it is.
  await using handle = await open(file.path);
  const input = new InputFile(chunksOf(handle), file.name.replace(/[\p{Cc}";\\/]/gu, '_'));
  const common = caption === '' ? to : { ...to, caption };
  switch (kind) {
    case 'photo':
      return (await calls.sendPhoto({ ...common, photo: input }, signal)).message_id;
    case 'voice':
      return (await calls.sendVoice({ ...common, voice: input }, signal)).message_id;
    case 'audio':
      return (await calls.sendAudio({ ...common, audio: input }, signal)).message_id;
    case 'video':
      return (await calls.sendVideo({ ...common, video: input }, signal)).message_id;
    case 'animation':
      return (await calls.sendAnimation({ ...common, animation: input }, signal)).message_id;
    case 'document':
      return (await calls.sendDocument({ ...common, document: input }, signal)).message_id;
  }
}

async function* chunksOf(handle: FileHandle): AsyncGenerator<Uint8Array> {
  for (;;) {
    const { bytesRead, buffer } = await handle.read(Buffer.allocUnsafe(chunkBytes));
    if (bytesRead === 0) return;
    yield buffer.subarray(0, bytesRead);
  }
}

interface FetchFrom extends Pick<TelegramApi, 'calls' | 'agent'> {
  readonly token: string;
  readonly root: string;
}

/** What a `ref` of ours (file id, size) names. From the Bot API's own host and nowhere else. */
export async function fetchFile(
  { calls, agent, token, root }: FetchFrom,
  ref: string,
  { maxBytes, signal }: { maxBytes: number; signal: AbortSignal },
): Promise<Uint8Array> {
  const [id = '', size] = ref.split(' ');
  const over = () => refused(`The file is larger than ${Math.floor(maxBytes / mebi)} MB.`);
  if (Number(size) > maxBytes) throw over();
  const path = await pathOf(calls, id, signal);
  const url = `${root}/file/bot${token}/${path.split('/').map(encodeURIComponent).join('/')}`;
  try {
    const response = await ask(url, { agent, signal });
    if (response.statusCode === 200) return await readAll(response, { maxBytes, over });
    response.resume();
    if (response.statusCode === 404) throw refused('The file is gone from Telegram.');
    throw unreachable(`it answered ${response.statusCode}`);
  } catch (error) {
    if (error instanceof NanoclawError) throw error;
    throw unreachable(systemCode(error) ?? 'connection lost');
  }
}

async function pathOf(calls: Calls, id: string, signal: AbortSignal): Promise<string> {
  try {
    const file = await calls.getFile({ file_id: id }, signal);
    if (file.file_path !== undefined) return file.file_path;
    throw refused('Telegram does not hand out that file.');
  } catch (error) {
    const failure = failureOf(error);
    if (/too big/.test(failure?.description ?? '')) throw refused('Telegram lets bots fetch files up to 20 MB.');
    if (failure?.code === 400) throw refused('The file is gone from Telegram.');
    throw deliveryError(error);
  }
}

function unreachable(why: string): NanoclawError {
  return new NanoclawError('channel.unreachable', `The file could not be fetched from Telegram (${why}).`);
}
