// What the receiver does in a group's folder, which its agent may rewrite at any moment.
import { join } from 'node:path';
import { type Owner, SafeDirectory } from '../lib/safe-files.ts';
import { hasCode } from '../model/errors.ts';
import { messageName } from '../model/message.ts';

/** Longer texts do not fit a prompt well (about 25 000 tokens) and become a file the agent can read in pieces. */
export const longTextUnits = 100_000;
const shownUnits = 2_000;
const directory = 'attachments';

/** A text that is too long for a prompt: what stands in the chat names a file of the group's. */
export interface LongText {
  readonly folder: string;
  readonly text: string;
  readonly seq: number;
}

interface FolderFiles {
  /** Whether that file is in a group's folder. */
  readonly hasFile: (folder: string, path: string) => boolean;
  /** Keeps a long text whole as a file of the group, once, however often the message comes. Throws when it cannot. */
  readonly keepLongText: (long: LongText) => void;
}

export function folderFiles(groupsDirectory: string, owner: Owner | undefined): FolderFiles {
  return {
    hasFile: (folder, path) => {
      const [parent = '', name = ''] = path.split('/');
      try {
        using attachments = SafeDirectory.open(join(groupsDirectory, folder), parent);
        return attachments.has(name);
      } catch (error) {
        if (hasCode(error, 'files.missing') || hasCode(error, 'files.unsafe')) return false;
        throw error;
      }
    },
    keepLongText: ({ folder, text, seq }) => {
      using group = SafeDirectory.open(join(groupsDirectory, folder));
      using attachments = group.makeDirectory(directory, { owner });
      if (!attachments.has(nameOf(seq))) attachments.write(nameOf(seq), text, { owner });
    },
  };
}

/** What stands in the chat for a long text; `kept` when all of it is in a file. */
export function standInFor(text: string, seq: number, { kept }: { kept: boolean }): string {
  const where = kept
    ? `all of it is in ${join('/workspace/group', directory, nameOf(seq))}`
    : 'the rest could not be kept';
  return `${text.slice(0, shownUnits).toWellFormed()}\n[… this message has ${text.length} characters; ${where}]`;
}

// The file of an attachment has a dash after the number.
function nameOf(seq: number): string {
  return `${messageName(seq)}.txt`;
}
