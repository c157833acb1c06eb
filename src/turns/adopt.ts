import type { Mailbox } from '../ipc/mailbox.ts';
import { untilAborted } from '../lib/until-aborted.ts';
import { sentenceOf } from '../model/errors.ts';
import type { Group } from '../model/group.ts';
import type { FoundRun } from '../sandbox/sandbox.ts';
import type { TurnRow } from '../store/turns.ts';
import type { Cause } from './causes.ts';
import type { LaneParts, Launched } from './parts.ts';
import { recoverGroup, recoverTurn } from './recover.ts';

/** A container that goes on under this host, with the turn it works on. */
export interface Adopted {
  readonly group: Group;
  readonly runId: string;
  readonly launched: Launched;
  readonly turn: TurnRow | undefined;
  /** It has not been given anything yet. */
  readonly unused: boolean;
}

type Recovered = 'done' | 'more' | 'failed';

const retryMs = 5_000;

/**
 * What earlier hosts left alive is taken over or ended, group by group, before anything of that group begins: there are
 * never two containers on one mailbox. Of a group whose container is gone, what it left is taken. While the engine does
 * not answer nobody knows what lives, so all of this waits and is tried again.
 */
export class Adoption {
  readonly #parts: LaneParts;
  readonly #take: (adopted: Adopted) => void;
  /** Groups about which nothing is open any more. */
  readonly #settled = new Set<string>();
  /** Groups whose leftover could be neither taken over nor ended. */
  readonly #stuck = new Set<string>();
  /** Mailboxes of which only a part was taken yet. */
  readonly #begun = new Map<string, Mailbox>();
  /** What went wrong last with a group's leavings: said once. */
  readonly #troubles = new Map<string, string>();
  #searched = false;
  /** Nothing was recovered since the last search. */
  #fresh = false;
  #complete = false;
  #stopped = false;
  #trying: Promise<void> | undefined;
  #nextAt = 0;
  #problem: string | undefined;

  /** `take` is called in the middle of a search, as soon as a container is attached. */
  constructor(parts: LaneParts, take: (adopted: Adopted) => void) {
    this.#parts = parts;
    this.#take = take;
  }

  /** Nothing of this group may begin yet. */
  holds(folder: string): boolean {
    return !this.#complete && !this.#settled.has(folder);
  }

  /** Why the last search did not settle everything. */
  get problem(): { cause: Cause; detail: string } | undefined {
    return this.#problem === undefined ? undefined : { cause: 'sandbox', detail: this.#problem };
  }

  /** The clock is another one than the next try was set by. */
  forgetWait(): void {
    this.#nextAt = 0;
  }

  /** Looks for what lives, when it is time to. Returns at once; rings the inbox bell when it is through. */
  search(): void {
    const { clock, inboxBell, log } = this.#parts;
    if (this.#complete || this.#searched || this.#trying || this.#stopped || clock.now() < this.#nextAt) return;
    this.#stuck.clear();
    this.#trying = this.#search()
      .catch((error: unknown) => {
        const problem = sentenceOf(error);
        const news = problem !== this.#problem;
        this.#problem = problem;
        this.#nextAt = clock.now() + retryMs;
        clock.after(retryMs, () => inboxBell.ring());
        if (news) log.warn({ err: error }, 'what earlier hosts left running is not settled; tried again every 5 s');
      })
      .finally(() => {
        this.#trying = undefined;
        inboxBell.ring();
      });
  }

  /** Once the living are known: takes what the dead have left, in each look one pass over each mailbox. Synchronous. */
  recover(): void {
    if (!this.#searched || this.#complete) return;
    const { store, clock, inboxBell } = this.#parts;
    const groups = store.groups.all();
    const open = (folder: string) => !this.#settled.has(folder) && !this.#stuck.has(folder);
    const states = groups.filter(({ folder }) => open(folder)).map((group) => this.#recover(group));
    const known = new Set(groups.map(({ folder }) => folder));
    for (const turn of store.turns.running()) {
      if (!known.has(turn.group_folder)) states.push(this.#recoverOrphan(turn));
    }
    // After a breath, so that a flood that was left behind leaves the host free for everybody else.
    if (states.includes('more')) clock.after(20, () => inboxBell.ring());
    if (this.#fresh) store.inbox.wakeCauses();
    this.#fresh = false;
    this.#searched = this.#stuck.size === 0;
    this.#complete = this.#searched && states.every((state) => state === 'done');
    if (this.#complete) this.#problem = undefined;
  }

  /** Resolves when no search is under way, or by `calledOff`; none begins any more. */
  async stop(): Promise<void> {
    this.#stopped = true;
    await untilAborted(Promise.resolve(this.#trying), this.#parts.calledOff).catch(() => undefined);
  }

  async #search(): Promise<void> {
    const found = await this.#parts.launcher.leftovers(this.#parts.calledOff);
    await Promise.all(found.map((one) => this.#settle(one)));
    this.#searched = true;
    this.#fresh = true;
    if (this.#stuck.size > 0) throw new Error(`A container of ${[...this.#stuck].join(', ')} cannot be ended`);
  }

  #recover(group: Group): Recovered {
    const { folder } = group;
    const mailbox = this.#begun.get(folder) ?? this.#parts.launcher.mailboxOf(group);
    this.#begun.set(folder, mailbox);
    return this.#guarded(folder, () => {
      if (recoverGroup(this.#parts, group, mailbox)) return 'more';
      this.#begun.delete(folder);
      this.#settled.add(folder);
      return 'done';
    });
  }

  #recoverOrphan(turn: TurnRow): Recovered {
    return this.#guarded(turn.group_folder, () => {
      recoverTurn(this.#parts, turn);
      return 'done';
    });
  }

  // One group's trouble must not hold up the others; it is tried again with every look.
  #guarded(folder: string, work: () => Recovered): Recovered {
    try {
      return work();
    } catch (error) {
      const trouble = sentenceOf(error);
      const news = trouble !== this.#troubles.get(folder);
      this.#troubles.set(folder, trouble);
      if (news) this.#parts.log.error({ err: error, group: folder }, 'what a container left could not be taken yet');
      return 'failed';
    }
  }

  async #settle(found: FoundRun): Promise<void> {
    const { store, launcher, log } = this.#parts;
    const { group: folder, run, name } = found;
    if (this.#stopped || this.#settled.has(folder)) return;
    const group = store.groups.get(folder);
    if (group && (await this.#adopt(group, found))) return;
    try {
      await launcher.remove(found, this.#parts.calledOff);
      log.info({ group: folder, run, name }, 'a leftover container was removed');
    } catch (error) {
      this.#stuck.add(folder);
      log.error({ err: error, group: folder, run, name }, 'a leftover container could not be removed');
    }
  }

  async #adopt(group: Group, found: FoundRun): Promise<boolean> {
    const { store, launcher, log } = this.#parts;
    const state = this.#stateOf(group, found);
    if (state === undefined) return false;
    try {
      const launched = await launcher.adopt(group, found, this.#parts.calledOff);
      const turn = store.turns.running().find((one) => one.group_folder === group.folder);
      const own = turn?.run_id === found.run ? turn : undefined;
      if (turn && !own) recoverTurn(this.#parts, turn);
      this.#take({ group, runId: found.run, launched, turn: own, unused: state === 'ready' && !own });
      this.#settled.add(group.folder);
      log.info({ group: group.folder, run: found.run, turn: own?.id }, 'a container of an earlier host was taken over');
      return true;
    } catch (error) {
      log.warn({ err: error, group: group.folder, run: found.run }, 'a container could not be taken over, so it ends');
      return false;
    }
  }

  /** What the runner says of itself; undefined for one that has not read its start line, or is about to leave. */
  #stateOf(group: Group, found: FoundRun): string | undefined {
    const mailbox = this.#parts.launcher.mailboxOf(group);
    const status = mailbox.status();
    if (!found.running || status?.runId !== found.run || mailbox.closing) return undefined;
    return status.state === 'starting' || status.state === 'closing' ? undefined : status.state;
  }
}
