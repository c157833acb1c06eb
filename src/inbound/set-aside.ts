import { randomUUID } from 'node:crypto';
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Desk } from '../acts/post-message.ts';
import { tellMain } from '../acts/tell-main.ts';
import type { Log } from '../lib/log.ts';
import { NanoclawError, sentenceOf } from '../model/errors.ts';
import type { InboundMessage } from '../model/message.ts';
import { isOfThePlace } from '../store/trouble.ts';
import { withoutCode } from './pair-command.ts';

const mostFiles = 100;
const dayMs = 86_400_000;

/**
 * Keeps an act that could not be stored, whatever was tried, as a file of its own, and tells the owner, of each chat once a
 * day. Throws `inbound.not-stored` when the place is not able to.
 */
export function setAside(
  { desk, log, directory }: { desk: Desk; log: Log; directory: string },
  act: readonly InboundMessage[],
  error: unknown,
): void {
  const jid = act[0]?.jid ?? 'unknown';
  const now = desk.clock.now();
  const name = `${new Date(now).toISOString().replace(/[:.]/g, '-')}-${randomUUID().slice(0, 8)}.json`;
  log.error({ err: error, jid, file: name }, 'a message could not be stored and was set aside');
  try {
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    const kept = { error: sentenceOf(error), messages: act.map(withoutCode) };
    writeFileSync(join(directory, name), `${JSON.stringify(kept, undefined, 2)}\n`, { mode: 0o600 });
    for (const old of readdirSync(directory).sort().slice(0, -mostFiles)) rmSync(join(directory, old), { force: true });
    const where = desk.store.chats.get(jid)?.name ?? jid;
    tellMain(desk, {
      key: `notice:set-aside:${jid}:${Math.floor(now / dayMs)}`,
      text: `⚠️ A message in “${where.replace(/[\s*_`<>[\]]+/g, ' ')}” could not be taken in, so I never saw it; what follows it goes on. It is kept in data/failed/${name}, and logs/nanoclaw.log says why. Please report it: it is a fault of mine.`,
    });
  } catch (cause) {
    if (!isOfThePlace(cause)) throw cause;
    throw new NanoclawError('inbound.not-stored', 'A message could neither be stored nor set aside.', { cause });
  }
}
