import type { AdminResult } from '../../protocol/admin.ts';
import type { Group } from '../model/group.ts';

/** `/status`, short enough for a phone. Only main hears of other groups. */
export function statusForPhone(status: AdminResult<'status'>, group: Group): string {
  const { sandbox, waiting } = status;
  const shown = group.isMain ? status.containers : status.containers.filter((one) => one.group === group.folder);
  const containers = shown.map((one) => (group.isMain ? `${one.group} ${one.state}` : one.state)).join(', ') || 'none';
  const channels = status.channels.map((channel) => `${channel.name} (${channel.state})`).join(', ');
  return [
    `**${status.assistantName}** ${status.version} is running.`,
    `Group: ${group.name}${group.isMain ? ' (main)' : ''}`,
    `Model: ${group.model ?? status.model ?? 'the default'}`,
    `Sandbox: ${sandbox.runtime} (${sandbox.class})${sandbox.state === 'ready' ? '' : `. ${sandbox.state}`}`,
    `Containers: ${containers}`,
    ...(group.isMain
      ? [
          `Channels: ${channels}`,
          `Waiting: ${waiting.inbox} to be answered, ${waiting.outbox} to be sent, ${waiting.dead} given up`,
          ...status.warnings.map((warning) => `⚠️ ${warning}`),
        ]
      : []),
  ].join('\n');
}
