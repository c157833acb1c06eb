import { z } from 'zod';
import { readColumn } from '../lib/json.ts';
import type { Group } from '../model/group.ts';
import type { Db } from './database.ts';

interface GroupRow {
  folder: string;
  name: string;
  is_main: number;
  trigger_text: string;
  requires_trigger: number;
  model: string | null;
  egress: string;
  allow: string;
  mounts: string;
  budget: string | null;
}

// What cannot be read opens nothing.
const egressColumn = z.enum(['llm-only', 'allowlist', 'open-public']).catch('llm-only');
const budgetColumn = z.union([z.literal('none'), z.coerce.number().positive()]);
const allowColumn = z.array(z.string());
const mountsColumn = z.array(
  z.object({ hostPath: z.string(), containerPath: z.string().optional(), readonly: z.boolean().optional() }),
);

export class Groups {
  readonly #all;
  readonly #one;
  readonly #main;
  readonly #save;
  readonly #remove;

  constructor(db: Db) {
    this.#all = db.prepare<[], GroupRow>('SELECT * FROM groups ORDER BY is_main DESC, folder');
    this.#one = db.prepare<[string], GroupRow>('SELECT * FROM groups WHERE folder = ?');
    this.#main = db.prepare<[], GroupRow>('SELECT * FROM groups WHERE is_main = 1');
    this.#remove = db.prepare('DELETE FROM groups WHERE folder = ?');
    this.#save = db.prepare(`
      INSERT INTO groups (folder, name, is_main, trigger_text, requires_trigger, model, egress, allow, mounts, budget,
        created_at)
      VALUES (@folder, @name, @isMain, @trigger, @requiresTrigger, @model, @egress, @allow, @mounts, @budget, @now)
      ON CONFLICT (folder) DO UPDATE SET name = excluded.name, is_main = excluded.is_main,
        trigger_text = excluded.trigger_text, requires_trigger = excluded.requires_trigger, model = excluded.model,
        egress = excluded.egress, allow = excluded.allow, mounts = excluded.mounts,
        budget = excluded.budget`);
  }

  all(): Group[] {
    return this.#all.all().map(fromRow);
  }

  get(folder: string): Group | undefined {
    const row = this.#one.get(folder);
    return row && fromRow(row);
  }

  main(): Group | undefined {
    const row = this.#main.get();
    return row && fromRow(row);
  }

  save(group: Group, now: number): void {
    this.#save.run({
      folder: group.folder,
      name: group.name,
      isMain: group.isMain ? 1 : 0,
      trigger: group.trigger,
      requiresTrigger: group.requiresTrigger ? 1 : 0,
      model: group.model ?? null,
      egress: group.egress,
      allow: JSON.stringify(group.allow),
      mounts: JSON.stringify(group.mounts),
      budget: group.budget === undefined ? null : String(group.budget),
      now,
    });
  }

  /** Its chats are wired to nothing from now on. */
  remove(folder: string): void {
    this.#remove.run(folder);
  }
}

function fromRow(row: GroupRow): Group {
  return {
    folder: row.folder,
    name: row.name,
    isMain: row.is_main === 1,
    trigger: row.trigger_text,
    requiresTrigger: row.requires_trigger === 1,
    model: row.model ?? undefined,
    egress: egressColumn.parse(row.egress),
    allow: readColumn(row.allow, allowColumn, []),
    mounts: readColumn(row.mounts, mountsColumn, []),
    ...(row.budget !== null && { budget: budgetColumn.safeParse(row.budget).data }),
  };
}
