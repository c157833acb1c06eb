import { fileRequest } from '../../protocol/tools/talk.ts';
import { postMessage } from '../acts/post-message.ts';
import { isSpoolFull, partsInFolder, type Spooling, spoolFile } from '../acts/spool-file.ts';
import { addressee, defineTool, refuse, storedAs, type ToolDesk, type ToolReply } from './tool.ts';

/** Sends a file of the group's own folder to a chat. */
export function createTool(desk: ToolDesk) {
  return defineTool({
    requestType: 'send_file',
    input: fileRequest,
    handle(request, caller) {
      const to = addressee(desk, request.chatJid, caller);
      if (!to.ok) return to;
      const parts = partsInFolder(request.path);
      if (!parts) return refuse('outside', 'Only files in /workspace/group can be sent: copy it there first.');
      const maxBytes = desk.maxFileBytesOf(to.place.jid);
      if (maxBytes === 0) return refuse('no_files', cannotTake(caller.group.folder, parts));
      const { spoolDirectory } = desk;
      if (isSpoolFull(desk.store, { jid: to.place.jid, spoolDirectory })) return refuse('busy', tooManyWait);
      const folder = desk.folderOf(caller.group.folder);
      const spooled = spoolFile(parts, { key: caller.key, folder, spoolDirectory, maxBytes });
      if (!spooled.ok) return refusalOf(spooled.reason, maxBytes);
      const { group, place } = to;
      const { key, turnId } = caller;
      postMessage(desk, { key, group, place, turnId, text: request.caption ?? '', file: spooled.file });
      return { ok: true, result: storedAs(desk, key) };
    },
  });
}

const tooManyWait = 'Many files wait to be delivered to this chat already. Nothing was sent: try again later.';

function cannotTake(folder: string, parts: readonly string[]): string {
  const path = ['groups', folder, ...parts].join('/');
  return `This chat cannot take files. Tell the person where it is instead: ${path} in NanoClaw’s home directory on their computer.`;
}

function refusalOf(reason: Extract<Spooling, { ok: false }>['reason'], maxBytes: number): ToolReply {
  switch (reason) {
    case 'missing':
      return refuse('not_found', 'There is no such file. Look with ls; a relative path begins at /workspace/group.');
    case 'unsafe':
      return refuse(
        'not_a_file',
        'Only a plain file can be sent: no link, also not as a directory on the way to it, no second name (hard link), no ' +
          'directory, pipe or device. Copy its content into a new file with cat, or pack a directory with tar or zip.',
      );
    case 'too-large': {
      const limit = `${maxBytes} bytes (${Math.floor(maxBytes / 1_000_000)} MB)`;
      return refuse('too_large', `This chat takes files up to ${limit}. Make it smaller, or send it in pieces.`);
    }
    case 'unreadable':
      return refuse('unreadable', 'The host may not read this file: chmod u+r it, then try again.');
    case 'empty':
      return refuse('empty', 'The file is empty; nothing was sent. Was it written completely?');
  }
}
