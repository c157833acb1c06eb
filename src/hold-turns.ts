// Why a turn may not begin although its messages are there: no room, no way to the model, nothing left to spend.
import { statfsSync } from 'node:fs';
import { type Budgeting, budgetsOver } from './acts/report-usage.ts';
import type { Channel } from './channels/channel.ts';
import type { Config } from './config.ts';
import type { Gateway } from './gateway/gateway.ts';
import { localDay, nextDayAt } from './lib/local-day.ts';
import type { Group } from './model/group.ts';
import type { Held } from './turns/causes.ts';
import type { TurnParts } from './turns/parts.ts';

export function holdTurns(
  parts: Budgeting & {
    readonly config: Config;
    readonly gateway: Gateway;
    readonly channelOf: (jid: string) => Channel | undefined;
  },
): TurnParts['heldBy'] {
  const { config, gateway, channelOf } = parts;
  return (group, place) =>
    lowDisk(config) ?? missingCredential(gateway, channelOf(place.jid)) ?? spentBudget(parts, group);
}

function lowDisk(config: Config): Held | undefined {
  const { bavail, bsize } = statfsSync(config.home);
  const free = bavail * bsize;
  if (free >= config.diskMinFreeBytes) return undefined;
  const mib = Math.floor(free / 1_048_576);
  return { cause: 'disk', detail: `The disk of my home directory is nearly full (${mib} MiB free).` };
}

// The rehearsal model is for trying things out; on a messaging platform people would take it for the assistant.
function missingCredential(gateway: Gateway, channel: Channel | undefined): Held | undefined {
  if (gateway.credential !== 'rehearsal' || channel?.name === 'terminal') return undefined;
  return { cause: 'no-credential', detail: 'no credential' };
}

function spentBudget(parts: Budgeting, group: Group): Held | undefined {
  const [tightest] = budgetsOver(parts, group);
  if (!tightest || tightest.leftUsd > 0) return undefined;
  const { limitUsd, spentUsd } = tightest;
  const now = parts.clock.now();
  const figures = `about $${spentUsd.toFixed(2)} of $${limitUsd.toFixed(2)}`;
  const command = `\`./nanoclaw groups set ${group.folder} --budget`;
  const detail =
    tightest.group === null
      ? `Today’s budget of all groups is spent (${figures}): raise BUDGET_DAILY_USD in .env and start me again, free this group with ${command} none\`, or wait for midnight.`
      : `Today’s budget of the group ${group.folder} is spent (${figures}): raise it with ${command} USD\`, or wait for midnight.`;
  const once = `${tightest.group ?? '*'}:${localDay(now, parts.timeZone)}:${limitUsd}`;
  return { cause: 'budget', detail, untilAt: nextDayAt(now, parts.timeZone), once };
}
