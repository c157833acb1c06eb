import { type Frame, frame, frameEnd, frameStart } from '../../protocol/frames.ts';
import { LineCutter } from '../text/lines.ts';

/** A frame's JSON line longer than this is not taken; its file is. */
const lineLimit = 8 * 1024 * 1024;

export type Output =
  | { readonly type: 'frame'; readonly frame: Frame }
  | { readonly type: 'log'; readonly line: string }
  | { readonly type: 'bad-frame'; readonly why: string };

/** Cuts a runner's stdout into frames and log lines. Bounded: what never ends is dropped, not kept. */
export class FrameReader {
  readonly #lines = new LineCutter(lineLimit);
  #body: string[] | undefined;

  push(chunk: Buffer): Output[] {
    return this.#lines.push(chunk).flatMap((cut) => {
      if (cut.type === 'line') return this.#line(cut.text);
      this.#body = undefined;
      return [{ type: 'bad-frame', why: 'a line of output was too long' }];
    });
  }

  #line(line: string): Output[] {
    if (line === frameStart) {
      this.#body = [];
      return [];
    }
    if (this.#body === undefined) return line === '' ? [] : [{ type: 'log', line }];
    if (line !== frameEnd) {
      this.#body.push(line);
      if (this.#body.length <= 1) return [];
      this.#body = undefined;
      return [{ type: 'bad-frame', why: 'a frame has more than one line' }];
    }
    const body = this.#body.join('');
    this.#body = undefined;
    return [parseFrame(body)];
  }
}

function parseFrame(text: string): Output {
  try {
    const parsed = frame.safeParse(JSON.parse(text));
    if (parsed.success) return { type: 'frame', frame: parsed.data };
    return { type: 'bad-frame', why: parsed.error.issues[0]?.message ?? 'unknown shape' };
  } catch (error) {
    return { type: 'bad-frame', why: String(error) };
  }
}
