import type { Usage } from '../../protocol/mailbox.ts';
import type { Db } from './database.ts';

/** Tokens and dollars of one day, group and model. Dollars are the SDK's estimate from list prices. */
export interface UsageSum extends Omit<Usage, 'models'> {
  readonly day: string;
  readonly group: string;
  /** Undefined where the agent did not say. */
  readonly model: string | undefined;
  /** How many results are summed up here. */
  readonly results: number;
}

type Columns = Omit<UsageSum, 'model'> & { readonly model: string };
type Figures = Omit<Columns, 'day' | 'group' | 'model'>;

/** More than any honest result has: what an agent writes must not fill the table or turn a sum into nonsense. */
const mostModels = 20;
const mostTokens = 1e12;
const mostUsd = 10_000;

/** Where older results are summed, their times are rounded to this: every zone's day begins on a quarter of an hour. */
const quarterMs = 900_000;

const figures = `results, input_tokens AS inputTokens, output_tokens AS outputTokens,
  cache_read_tokens AS cacheReadTokens, cache_write_tokens AS cacheWriteTokens, cost_usd AS costUsd`;
const old = (name: keyof Usage) => `TOTAL(MAX(0, COALESCE(json_extract(results.usage, '$.${name}'), 0))) AS ${name}`;

/** What results cost, by day, group and model. */
export class UsageSums {
  readonly #add;
  readonly #spent;
  readonly #spentBy;
  readonly #since;
  readonly #unsummed;
  readonly #older;
  readonly #summed;

  constructor(db: Db) {
    this.#add = db.prepare<[Columns]>(`INSERT INTO usage
      VALUES (@day, @group, @model, @results, @inputTokens, @outputTokens, @cacheReadTokens, @cacheWriteTokens, @costUsd)
      ON CONFLICT DO UPDATE SET results = results + excluded.results, input_tokens = input_tokens + excluded.input_tokens,
        output_tokens = output_tokens + excluded.output_tokens,
        cache_read_tokens = cache_read_tokens + excluded.cache_read_tokens,
        cache_write_tokens = cache_write_tokens + excluded.cache_write_tokens, cost_usd = cost_usd + excluded.cost_usd`);
    this.#spent = db.prepare<[string], { usd: number }>('SELECT TOTAL(cost_usd) AS usd FROM usage WHERE day = ?');
    this.#spentBy = db.prepare<[string, string], { usd: number }>(
      'SELECT TOTAL(cost_usd) AS usd FROM usage WHERE day = ? AND group_folder = ?',
    );
    this.#since = db.prepare<[string], Columns>(
      `SELECT day, group_folder AS "group", model, ${figures} FROM usage WHERE day >= ? ORDER BY day, group_folder, model`,
    );
    this.#unsummed = db.prepare("SELECT 1 FROM facts WHERE key = 'usage' AND value = 'unsummed'");
    this.#older = db.prepare<[], Figures & { group: string; quarter: number }>(`SELECT turns.group_folder AS "group",
        results.stored_at / ${quarterMs} AS quarter, COUNT(*) AS results, ${old('inputTokens')}, ${old('outputTokens')},
        ${old('cacheReadTokens')}, ${old('cacheWriteTokens')}, ${old('costUsd')}
      FROM results JOIN turns ON turns.id = results.turn_id WHERE json_valid(results.usage) GROUP BY 1, 2`);
    this.#summed = db.prepare("DELETE FROM facts WHERE key = 'usage'");
  }

  /** What one result cost. Joins the transaction that stores it, so that it is counted once. */
  add(at: { day: string; group: string }, usage: Usage): void {
    const models = Object.entries(usage.models ?? {});
    const known = models.length > 0 && models.length <= mostModels;
    for (const [model, one] of known ? models : [['', usage] as const]) this.#put(at, model, { results: 1, ...one });
  }

  /** Dollars of a day: of one group, or of all. */
  spent(day: string, group?: string): number {
    return (group === undefined ? this.#spent.get(day) : this.#spentBy.get(day, group))?.usd ?? 0;
  }

  /** From that day on, the oldest first. */
  since(day: string): UsageSum[] {
    return this.#since.all(day).map((row) => ({ ...row, model: row.model === '' ? undefined : row.model }));
  }

  /** Sums results up that were stored before there were sums. Once, and before anything else is stored; one transaction. */
  sumOlder(dayOf: (at: number) => string): void {
    if (!this.#unsummed.get()) return;
    for (const { group, quarter, ...sums } of this.#older.all()) {
      this.#put({ day: dayOf(quarter * quarterMs), group }, '', sums);
    }
    this.#summed.run();
  }

  #put(at: { day: string; group: string }, model: string, sums: Figures): void {
    this.#add.run({
      ...at,
      model: /^[\w.:/@[\]-]{1,100}$/.test(model) ? model : '',
      results: sums.results,
      inputTokens: tokens(sums.inputTokens),
      outputTokens: tokens(sums.outputTokens),
      cacheReadTokens: tokens(sums.cacheReadTokens),
      cacheWriteTokens: tokens(sums.cacheWriteTokens),
      costUsd: within(sums.costUsd, mostUsd),
    });
  }
}

function tokens(count: number): number {
  return Math.round(within(count, mostTokens));
}

function within(figure: number, most: number): number {
  return Math.min(Math.max(figure, 0), most);
}
