import { join } from 'node:path';
import { type Owner, SafeDirectory } from '../lib/safe-files.ts';
import { cutAt } from '../text/shorten.ts';

/** Longer texts do not fit a prompt well (about 25 000 tokens) and become a file the agent can read in pieces. */
export const longTextUnits = 100_000;
const shownUnits = 2_000;

/** Keeps a long text whole in the group's attachments; what is returned stands in the chat for it. */
export function keepLongText(
  groupDirectory: string,
  text: string,
  options: { id: string; owner: Owner | undefined },
): string {
  const name = `message-${options.id.replace(/[^A-Za-z0-9-]/g, '_')}.txt`;
  using group = SafeDirectory.open(groupDirectory);
  using attachments = group.makeDirectory('attachments', { owner: options.owner });
  attachments.write(name, text, { owner: options.owner });
  const path = join('/workspace/group/attachments', name);
  return `${cutAt(text, shownUnits)}\n[… this message has ${text.length} characters; all of it is in ${path}]`;
}
