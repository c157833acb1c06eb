import { backoffMs } from '../lib/backoff.ts';
import type { Group } from '../model/group.ts';
import type { Lane } from './lane.ts';
import type { TurnParts } from './parts.ts';

/** One that lived so long, or was used, did not fail. */
const provenMs = 60_000;
const lastRetryMs = 300_000;

interface Tries {
  count: number;
  madeAt: number;
}

/** Makes the containers of chosen groups ahead of their first message. Trouble with it is the log's affair alone. */
export class Prewarmer {
  readonly #parts: TurnParts;
  readonly #tries = new Map<string, Tries>();

  constructor(parts: TurnParts) {
    this.#parts = parts;
  }

  /** The groups that are to have a container whenever there is room. */
  wanted(): Group[] {
    const { store, settings } = this.#parts;
    if (settings.prewarm.length === 0) return [];
    return store.groups.all().filter((group) => this.wants(group));
  }

  wants({ folder, isMain }: Group): boolean {
    return this.#parts.settings.prewarm.some((name) => name === folder || (name === 'main' && isMain));
  }

  /** The clock is another one than they were noted by. */
  forgetTries(): void {
    this.#tries.clear();
  }

  /** Makes it when it is missing, unless the last one failed a moment ago. */
  see(group: Group, lane: Lane): void {
    const { clock, store, heldBy } = this.#parts;
    const now = clock.now();
    const tries = this.#tries.get(group.folder) ?? { count: 0, madeAt: 0 };
    if (lane.occupied) {
      const proven = lane.live && (!lane.live.ahead || now - tries.madeAt >= provenMs);
      if (proven) this.#tries.delete(group.folder);
      return;
    }
    if (tries.count > 0 && now < tries.madeAt + backoffMs(tries.count, lastRetryMs)) return;
    const chats = store.chats.ofGroup(group.folder);
    const chat = chats.find(({ jid }) => !heldBy(group, { jid, thread: undefined }));
    if (!chat) return;
    this.#tries.set(group.folder, { count: tries.count + 1, madeAt: now });
    lane.prewarm(group, chat.jid).catch((error: unknown) => {
      const level = tries.count === 0 ? 'warn' : 'debug';
      this.#parts.log[level]({ err: error, group: group.folder }, 'a container could not be made ahead; tried again');
    });
  }
}
