import type { Db } from './database.ts';

export interface Owner {
  readonly channel: string;
  readonly senderId: string;
  readonly name: string;
}

/** Who may command this host: people by the platform's own sender ids, never by names. */
export class Owners {
  readonly #has;
  readonly #any;
  readonly #all;
  readonly #add;

  constructor(db: Db) {
    this.#has = db.prepare<[string, string], { n: number }>(
      'SELECT 1 AS n FROM owners WHERE channel = ? AND sender_id = ?',
    );
    this.#any = db.prepare<[], { n: number }>('SELECT 1 AS n FROM owners LIMIT 1');
    this.#all = db.prepare<[], Owner>(
      'SELECT channel, sender_id AS senderId, name FROM owners ORDER BY channel, added_at',
    );
    this.#add = db.prepare(`INSERT INTO owners (channel, sender_id, name, added_at)
      VALUES (@channel, @senderId, @name, @now) ON CONFLICT (channel, sender_id) DO UPDATE SET name = excluded.name`);
  }

  has(channel: string, senderId: string): boolean {
    return this.#has.get(channel, senderId) !== undefined;
  }

  any(): boolean {
    return this.#any.get() !== undefined;
  }

  all(): Owner[] {
    return this.#all.all();
  }

  add(owner: Owner, now: number): void {
    this.#add.run({ ...owner, now });
  }
}

export interface Pairing {
  /** SHA-256 of the code, hex. */
  readonly codeHash: string;
  readonly expiresAt: number;
  /** Wrong codes so far, of everybody. */
  readonly tries: number;
}

interface Trier {
  readonly channel: string;
  readonly senderId: string;
}

/** The open one-time code of each channel, at most one, and who has tried to guess it. */
export class Pairings {
  readonly #open;
  readonly #get;
  readonly #count;
  readonly #triesOf;
  readonly #forget;
  readonly #close;

  constructor(db: Db) {
    this.#open = db.prepare('INSERT INTO pairings (channel, code_hash, expires_at) VALUES (?, ?, ?)');
    this.#get = db.prepare<[string], Pairing>(`SELECT code_hash AS codeHash, expires_at AS expiresAt,
      (SELECT COALESCE(SUM(tries), 0) FROM pairing_tries WHERE channel = pairings.channel) AS tries
      FROM pairings WHERE channel = ?`);
    this.#count = db.prepare(`INSERT INTO pairing_tries (channel, sender_id, tries) VALUES (@channel, @senderId, 1)
      ON CONFLICT (channel, sender_id) DO UPDATE SET tries = tries + 1`);
    this.#triesOf = db.prepare<[string, string], { tries: number }>(
      'SELECT tries FROM pairing_tries WHERE channel = ? AND sender_id = ?',
    );
    this.#forget = db.prepare('DELETE FROM pairing_tries WHERE channel = ?');
    this.#close = db.prepare('DELETE FROM pairings WHERE channel = ?');
  }

  /** A new code takes the place of the one before; everybody may try again. */
  open(channel: string, pairing: Omit<Pairing, 'tries'>): void {
    this.close(channel);
    this.#open.run(channel, pairing.codeHash, pairing.expiresAt);
  }

  get(channel: string): Pairing | undefined {
    return this.#get.get(channel);
  }

  /** Wrong codes of one sender. */
  triesOf({ channel, senderId }: Trier): number {
    return this.#triesOf.get(channel, senderId)?.tries ?? 0;
  }

  countWrong({ channel, senderId }: Trier): void {
    this.#count.run({ channel, senderId });
  }

  close(channel: string): void {
    this.#forget.run(channel);
    this.#close.run(channel);
  }
}
