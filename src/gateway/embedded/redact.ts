import type { IncomingHttpHeaders, OutgoingHttpHeaders } from 'node:http';
import { Transform } from 'node:stream';
import type { Secret } from '../../lib/secret.ts';
import { endToEnd } from './headers.ts';

// What is shorter is no secret (`ollama` is a usual token for a local model) but a word that answers contain.
const shortestSecret = 12;

export function isWorthHiding(secret: Secret): boolean {
  return Buffer.byteLength(secret.open()) >= shortestSecret;
}

/**
 * Overwrites every occurrence of the secret's bytes in what passes, also across chunks, by stars of the same length, so
 * that a content-length stays true. Holds back at most a beginning of the secret, never a finished event of a stream.
 */
export function redactor(secret: Secret): Transform {
  const needle = Buffer.from(secret.open());
  let held: Buffer = Buffer.alloc(0);
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      const bytes = held.length === 0 ? chunk : Buffer.concat([held, chunk]);
      const clean = overwrite(bytes, needle);
      const keep = beginningAtEnd(clean, needle);
      held = clean.subarray(clean.length - keep);
      done(null, clean.subarray(0, clean.length - keep));
    },
    flush(done) {
      done(null, held);
    },
  });
}

export function redactHeaders(headers: IncomingHttpHeaders, secret: Secret): OutgoingHttpHeaders {
  const value = secret.open();
  const clean = (text: string) => (isWorthHiding(secret) ? text.replaceAll(value, '***') : text);
  return Object.fromEntries(
    Object.entries(endToEnd(headers)).map(([name, header]) => [
      name,
      Array.isArray(header) ? header.map(clean) : clean(String(header)),
    ]),
  );
}

function overwrite(bytes: Buffer, needle: Buffer): Buffer {
  let at = bytes.indexOf(needle);
  if (at < 0) return bytes;
  const copy = Buffer.from(bytes);
  for (; at >= 0; at = copy.indexOf(needle, at + needle.length)) copy.fill('*', at, at + needle.length);
  return copy;
}

/** Length of the longest end of `bytes` that is a proper beginning of `needle`. */
function beginningAtEnd(bytes: Buffer, needle: Buffer): number {
  for (let length = Math.min(needle.length - 1, bytes.length); length > 0; length -= 1) {
    if (bytes.compare(needle, 0, length, bytes.length - length) === 0) return length;
  }
  return 0;
}
