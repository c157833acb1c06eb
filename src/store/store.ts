import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { hasCode } from '../model/errors.ts';
import { Attachments } from './attachments.ts';
import { Chats } from './chats.ts';
import { type Db, openDatabase, readMigrations } from './database.ts';
import { Facts } from './facts.ts';
import { Groups } from './groups.ts';
import { History } from './history.ts';
import { Inbox } from './inbox.ts';
import { Instants } from './instants.ts';
import { Messages } from './messages.ts';
import { Moves } from './moves.ts';
import { Outbox } from './outbox.ts';
import { Owners, Pairings } from './owners.ts';
import { Prune } from './prune.ts';
import { Questions } from './questions.ts';
import { Requests } from './requests.ts';
import { Said } from './said.ts';
import { Search } from './search.ts';
import { Sessions } from './sessions.ts';
import { Streams } from './streams.ts';
import { TaskRuns } from './task-runs.ts';
import { Tasks } from './tasks.ts';
import { openingTrouble } from './trouble.ts';
import { Turns } from './turns.ts';
import { UsageSums } from './usage.ts';
import { examineMarked, markDamaged, type OnBroken, Watch } from './watch.ts';

/** Everything the host remembers. Synchronous; one connection; what must happen together happens in `transaction`. */
export class Store {
  readonly #db: Db;
  readonly #watch: Watch;
  readonly facts: Facts;
  readonly groups: Groups;
  readonly chats: Chats;
  readonly moves: Moves;
  readonly messages: Messages;
  readonly attachments: Attachments;
  readonly inbox: Inbox;
  readonly turns: Turns;
  readonly outbox: Outbox;
  readonly said: Said;
  readonly streams: Streams;
  readonly sessions: Sessions;
  readonly questions: Questions;
  readonly requests: Requests;
  readonly owners: Owners;
  readonly pairings: Pairings;
  readonly history: History;
  readonly tasks: Tasks;
  readonly taskRuns: TaskRuns;
  readonly usage: UsageSums;
  readonly search: Search;
  readonly instants: Instants;
  readonly prune: Prune;

  private constructor(db: Db, watch: Watch) {
    this.#db = db;
    this.#watch = watch;
    this.facts = new Facts(db);
    this.groups = new Groups(db);
    this.chats = new Chats(db);
    this.moves = new Moves(db);
    this.messages = new Messages(db);
    this.attachments = new Attachments(db);
    this.inbox = new Inbox(db);
    this.turns = new Turns(db);
    this.outbox = new Outbox(db);
    this.said = new Said(db);
    this.streams = new Streams(db);
    this.sessions = new Sessions(db);
    this.questions = new Questions(db);
    this.requests = new Requests(db);
    this.owners = new Owners(db);
    this.pairings = new Pairings(db);
    this.history = new History(db);
    this.tasks = new Tasks(db);
    this.taskRuns = new TaskRuns(db);
    this.usage = new UsageSums(db);
    this.search = new Search(db);
    this.instants = new Instants(db);
    this.prune = new Prune(db);
  }

  /**
   * Throws `store.*` with a cure: damaged, locked, full, closed to this user, newer, or a module for another Node.
   * `onBroken` is called once, in the middle of whatever met it, when the file is damaged or taken away later.
   */
  static open(path: string, onBroken: OnBroken = () => undefined): Store {
    const here = dirname(fileURLToPath(import.meta.url));
    let db: Db | undefined;
    try {
      db = openDatabase(path, readMigrations(join(here, 'migrations')));
      examineMarked(db, path);
      return new Store(db, new Watch(db, path, onBroken));
    } catch (error) {
      db?.close();
      const trouble = openingTrouble(path, error);
      if (hasCode(trouble, 'store.damaged')) markDamaged(path, trouble);
      throw trouble;
    }
  }

  /** All or nothing; nested calls join the outer one. */
  transaction<T>(work: () => T): T {
    return this.#watch.transaction(work);
  }

  close(): void {
    this.#db.close();
  }
}
