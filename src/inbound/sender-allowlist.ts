import { readFileSync } from 'node:fs';
import { z } from 'zod';
import type { Log } from '../lib/log.ts';
import { systemCode } from '../model/errors.ts';
import type { Standing } from './policy.ts';

const entry = z.object({
  allow: z.union([z.literal('*'), z.array(z.string())]),
  mode: z.enum(['trigger', 'drop']),
});
const allowlist = z.object({
  default: entry,
  chats: z.record(z.string(), entry).default({}),
  logDenied: z.boolean().default(true),
});
type Allowlist = z.infer<typeof allowlist>;

/**
 * `sender-allowlist.json`, v1's format, read again for every message so that an edit counts at once. A missing file
 * allows everybody. A broken one allows nobody: their messages are kept as context, and `problem` says why.
 */
export class SenderAllowlist {
  readonly #path: string;
  readonly #log: Log;
  #problem: string | undefined;

  constructor(path: string, log: Log) {
    this.#path = path;
    this.#log = log;
  }

  get problem(): string | undefined {
    return this.#problem;
  }

  /** `former`: ids that the chat had before, which the file may still call it by. */
  standingOf(senderId: string, jid: string, former: readonly string[] = []): Standing {
    const list = this.#read();
    if (list === 'missing') return 'allowed';
    if (list === 'broken') return 'context';
    const { allow, mode } = [jid, ...former].flatMap((one) => list.chats[one] ?? [])[0] ?? list.default;
    if (allow === '*' || allow.includes(senderId)) return 'allowed';
    if (list.logDenied) this.#log.debug({ jid, senderId, mode }, 'sender denied');
    return mode === 'drop' ? 'dropped' : 'context';
  }

  #read(): Allowlist | 'missing' | 'broken' {
    try {
      const list = allowlist.parse(JSON.parse(readFileSync(this.#path, 'utf8')));
      this.#problem = undefined;
      return list;
    } catch (error) {
      if (systemCode(error) === 'ENOENT') {
        this.#problem = undefined;
        return 'missing';
      }
      this.#report(error);
      return 'broken';
    }
  }

  #report(error: unknown): void {
    const why = error instanceof z.ZodError ? z.prettifyError(error) : String(error);
    const problem = `${this.#path} is broken, so nobody may wake a group until it is mended: ${why}`;
    if (problem !== this.#problem) this.#log.error({ path: this.#path }, problem);
    this.#problem = problem;
  }
}
