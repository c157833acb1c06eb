import { type StartLine, startLine } from '../../protocol/start.ts';
import type { Group } from '../model/group.ts';
import { writeInstructions } from './instructions.ts';
import type { TurnParts } from './parts.ts';

/** What a new container is told before anything else; messages come as files, never here. */
export function startLineFor(parts: TurnParts, run: { group: Group; runId: string; jid: string }): StartLine {
  const { settings, store, clock } = parts;
  const { group, runId, jid } = run;
  return startLine.parse({
    v: 1,
    runId,
    prompt: '',
    sessionId: store.sessions.ofGroup(group.folder, clock.now()),
    groupFolder: group.folder,
    chatJid: jid,
    isMain: group.isMain,
    assistantName: settings.assistantName,
    model: group.model ?? settings.model,
    settings: {
      timeZone: settings.timeZone,
      instructions: writeInstructions(group, settings.assistantName),
      streaming: store.chats.ofGroup(group.folder).some((chat) => parts.streams(chat.jid)),
    },
  });
}
