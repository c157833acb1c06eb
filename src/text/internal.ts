const wholeWords = ['<internal', '</internal'];
/** What a tag's beginning may look like while it is not whole. */
const beginnings = new Set(wholeWords.flatMap((word) => [...word].map((_, at) => word.slice(0, at + 1))));

/** Both tags, without their `>`: what may yet turn out to be internal. */
export function mayBecomeInternal(tail: string): boolean {
  return tail.length <= '</internal'.length && beginnings.has(tail.toLowerCase());
}

/**
 * Removes `<internal>…</internal>`, what the agent says to itself: any case, nested; an unclosed one hides everything after
 * it, for nothing may leave that the agent meant to keep. What is left around a removed tag never becomes one: it counts
 * as the tag it would be. Returns the rest, trimmed. One pass, however the text was made.
 */
export function stripInternal(text: string): string {
  return new Strip(text).run().trim();
}

class Strip {
  readonly #text: string;
  readonly #visible: string[] = [];
  /** The end of what is visible: `<inter` and the like, one inside the other, which the text may still complete. */
  readonly #begun: string[] = [];
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  run(): string {
    while (this.#at < this.#text.length) {
      const opens = this.#text[this.#at] === '<';
      const begun = opens ? '' : this.#begun.pop();
      if (begun === undefined) this.#takePlain();
      else this.#takeWord(begun);
    }
    // At the end a bare `<internal` is a tag, too.
    while (wholeWords.includes(this.#begun.at(-1)?.toLowerCase() ?? '')) this.#begun.pop();
    this.#giveUpBegun();
    return this.#visible.join('');
  }

  #takePlain(): void {
    const next = this.#text.indexOf('<', this.#at);
    const end = next < 0 ? this.#text.length : next;
    this.#visible.push(this.#text.slice(this.#at, end));
    this.#at = end;
  }

  /** Goes on with a beginning: it becomes a tag and goes with what it hides, or waits for more, or is text after all. */
  #takeWord(begun: string): void {
    const second = begun.length > 1 ? begun[1] : this.#text[this.#at + 1 - begun.length];
    const whole = second === '/' ? '</internal' : '<internal';
    const from = this.#at - begun.length;
    let end = this.#at;
    while (end - from < whole.length && this.#text[end]?.toLowerCase() === whole[end - from]) end += 1;
    const word = begun + this.#text.slice(this.#at, end);
    const next = this.#text[end];
    this.#at = end;
    if (next === undefined || next === '<') this.#begun.push(word);
    else if (word.length === whole.length && /[\s/>]/.test(next)) this.#takeTag(word);
    else {
      this.#giveUpBegun();
      this.#visible.push(word);
    }
  }

  #takeTag(word: string): void {
    const rest = this.#match(/[^<>]*>?/y)?.[0] ?? '';
    if (word.startsWith('</') || rest.endsWith('/>')) return;
    for (let depth = 1; depth > 0; ) {
      const tag = this.#match(/<(\/?)internal(?=[\s/>]|$)[^<>]*>?/gi);
      if (!tag) return;
      if (tag[1]) depth -= 1;
      else if (!tag[0].endsWith('/>')) depth += 1;
    }
  }

  /** Goes behind the match; without one to the end. */
  #match(pattern: RegExp): RegExpExecArray | null {
    pattern.lastIndex = this.#at;
    const match = pattern.exec(this.#text);
    this.#at = match ? pattern.lastIndex : this.#text.length;
    return match;
  }

  #giveUpBegun(): void {
    if (this.#begun.length > 0) this.#visible.push(this.#begun.splice(0).join(''));
  }
}
