import { createHash } from 'node:crypto';
import { type StartLine, startLine } from '../../protocol/start.ts';
import { isOutdated, noteRun } from '../acts/run-facts.ts';
import type { Group } from '../model/group.ts';
import { writeInstructions } from './instructions.ts';
import type { TurnParts, TurnSettings } from './parts.ts';

interface Run {
  readonly group: Group;
  readonly runId: string;
}

/**
 * What a new container is told before anything else, and never again. So it holds nothing of a chat (each input names its
 * own, and its model); what else of it changes makes the container `outOfDate`. Remembers which container it is.
 */
export function startLineFor(parts: TurnParts, run: Run & { jid: string }): StartLine {
  const { settings, store, clock } = parts;
  const { group, runId, jid } = run;
  noteRun(store, group.folder, { runId, shape: shapeOf(parts, group) });
  return startLine.parse({
    v: 1,
    runId,
    prompt: '',
    sessionId: store.sessions.ofGroup(group.folder, clock.now()),
    groupFolder: group.folder,
    chatJid: jid,
    model: modelOf(group, settings),
    ...told(parts, group),
  });
}

/** By name in any case: where none is named, the SDK goes on with the one that the session had before. */
export function modelOf(group: Group, settings: Pick<TurnSettings, 'model'>): string {
  return group.model ?? settings.model ?? 'default';
}

/** The group is gone, or a container made now would be told something else, or be put together otherwise. */
export function outOfDate(parts: TurnParts, run: { folder: string; runId: string }): boolean {
  const group = parts.store.groups.get(run.folder);
  return !group || isOutdated(parts.store, run.folder, { runId: run.runId, shape: shapeOf(parts, group) });
}

function told({ settings }: TurnParts, group: Group) {
  return {
    isMain: group.isMain,
    assistantName: settings.assistantName,
    settings: {
      timeZone: settings.timeZone,
      instructions: writeInstructions(settings.assistantName),
      // Which chats show a growing answer, the host knows when it grows: a chat may be wired at any moment.
      streaming: true,
    },
  };
}

function shapeOf(parts: TurnParts, group: Group): string {
  const all = JSON.stringify([told(parts, group), parts.launcher.shapeOf(group)]);
  return createHash('sha256').update(all).digest('hex').slice(0, 16);
}
