/**
 * Every error a person may read. `code` is stable and matched by callers, `message` is a sentence, `cure` says what to do.
 * Codes are `<room>.<what>`: `config.invalid`, `channel.refused`, `sandbox.unavailable` …
 */
export class NanoclawError extends Error {
  readonly code: string;
  readonly cure: string | undefined;

  constructor(code: string, message: string, options: { cure?: string; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'NanoclawError';
    this.code = code;
    this.cure = options.cure;
  }
}

export function hasCode(error: unknown, code: string): error is NanoclawError {
  return error instanceof NanoclawError && error.code === code;
}

/** One line for a person: the sentence, then the cure. */
export function sentenceOf(error: unknown): string {
  if (error instanceof NanoclawError) return error.cure ? `${error.message} ${error.cure}` : error.message;
  return error instanceof Error ? error.message : String(error);
}

/** The `code` of a Node system error (`ENOENT`, `EACCES` …), or undefined. */
export function systemCode(error: unknown): string | undefined {
  if (error instanceof Error && 'code' in error && typeof error.code === 'string') return error.code;
  return undefined;
}
