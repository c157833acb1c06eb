import { Writable } from 'node:stream';

/**
 * A writable that never errors: what finds no reader is dropped, and ending it does nothing. `target` is asked for each
 * write; `wrap` may change the bytes that go out.
 */
export function droppingPipe(
  target: () => Writable | undefined,
  wrap: (chunk: Buffer) => Buffer = (chunk) => chunk,
): Writable {
  return new Writable({
    write(chunk: Buffer, _encoding, done) {
      const pipe = target();
      if (pipe?.writable) pipe.write(wrap(chunk), () => done());
      else done();
    },
  });
}
