import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Secret } from '../../lib/secret.ts';
import { redactor } from './redact.ts';

const secret = 'aab-aab-aabcc';

async function through(chunks: readonly string[]): Promise<string> {
  const passed = Readable.from(chunks.map((chunk) => Buffer.from(chunk))).pipe(redactor(new Secret(secret)));
  return (await buffer(passed)).toString();
}

describe('redaction', () => {
  it('leaves no secret and changes nothing else, however the bytes are cut up', async () => {
    // Made of the secret's own beginnings, so that near misses are common.
    const part = fc.constantFrom(secret, 'aab-', 'aab-aab-', 'a', 'cc', '-', 'x', 'ü');
    const cuts = fc.array(fc.nat({ max: 60 }), { maxLength: 6 });
    await fc.assert(
      fc.asyncProperty(fc.array(part, { maxLength: 12 }), cuts, async (parts, at) => {
        const whole = parts.join('');
        const edges = [0, ...at.map((edge) => Math.min(edge, whole.length)).sort((a, b) => a - b), whole.length];
        const chunks = edges.slice(1).map((edge, index) => whole.slice(edges[index], edge));
        expect(await through(chunks)).toBe(whole.replaceAll(secret, '*'.repeat(secret.length)));
      }),
    );
  });

  it('never holds back a finished event', async () => {
    const stream = redactor(new Secret(secret));
    stream.write('data: {"aab":1}\n\n');
    expect(String(stream.read())).toBe('data: {"aab":1}\n\n');
  });
});
