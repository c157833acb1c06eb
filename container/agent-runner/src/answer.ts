/**
 * What the main agent has said in a turn so far: every piece of text stands, also one that a tool call followed. A piece
 * is complete once the SDK has given it whole; until then it may be taken back.
 */
export class Answer {
  readonly #pieces: { message: string; text: string; glued: boolean }[] = [];
  /** The message whose pieces come in now: a repeated request takes it back as a whole. */
  #open: string | undefined;
  #glued = false;

  /** A piece is complete. */
  add(message: string, text: string): void {
    this.#open = message;
    this.#pieces.push({ message, text: balanced(text), glued: this.#glued });
    this.#glued = false;
  }

  /** What was said stays said: a tool has answered, or the next message begins. */
  settle(): void {
    this.#open = undefined;
  }

  /** The next piece goes on in the middle of the last one. */
  goOn(): void {
    this.settle();
    this.#glued = true;
  }

  /** The request is repeated. */
  retract(): void {
    const open = this.#open;
    while (open !== undefined && this.#pieces.at(-1)?.message === open) this.#pieces.pop();
    this.#open = undefined;
  }

  /** Everything said, with `growing`, the piece that is being written. */
  textWith(growing: string): string {
    const pieces = this.#pieces.map(({ text, glued }) => ({ text, glued }));
    if (growing !== '') pieces.push({ text: growing, glued: this.#glued });
    return joined(pieces);
  }

  /** The whole answer, once. `last`: the SDK's own idea of it, the last piece. Begins anew. */
  take(last: string): string {
    const pieces = this.#pieces.splice(0);
    this.settle();
    this.#glued = false;
    if (last !== '' && pieces.at(-1)?.text !== balanced(last)) pieces.push({ message: '', text: last, glued: false });
    // A last piece that says an earlier one again stands for both.
    const end = pieces.at(-1);
    return joined(pieces.filter((piece) => piece === end || piece.glued || !end?.text.includes(piece.text.trim())));
  }
}

function joined(pieces: readonly { text: string; glued: boolean }[]): string {
  return pieces.reduce((all, { text, glued }) => {
    if (all.trim() === '') return text;
    return glued ? all + text : `${all.trimEnd()}\n\n${text.trimStart()}`;
  }, '');
}

// A tag that one piece leaves open would hide all that follows it.
function balanced(text: string): string {
  const opened = text.match(/<internal(?=[\s>])[^<>]*(?<!\/)>/gi)?.length ?? 0;
  const closed = text.match(/<\/internal(?=[\s>])[^<>]*>/gi)?.length ?? 0;
  return text + '</internal>'.repeat(Math.max(0, opened - closed));
}
