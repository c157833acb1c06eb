/** What the model's server answered where that was no answer, as the gateway saw it pass. */
export interface FailedAnswer {
  /** Of the model's address. */
  readonly host: string;
  /** Of HTTP; what the gateway itself answered where no answer came (502, 504). */
  readonly status: number;
  /** In the server's own words, where it gave an error in Anthropic's shape; also one in the middle of a stream. */
  readonly error?: { readonly type: string; readonly message: string } | undefined;
  /** It is no message and no error: a web page, nothing at all, something else. */
  readonly strange?: 'page' | 'empty' | 'redirect' | 'other' | undefined;
  /** No answer came, or not all of it: a code like ECONNREFUSED, or `silent`, `cut`. */
  readonly lost?: string | undefined;
  /** From when on it may be asked again, as far as the server said. */
  readonly resetsAt?: number | undefined;
  /** That instant is the end of a plan's limit. */
  readonly plan?: boolean | undefined;
}
