import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pino } from 'pino';
import { afterAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { readManifests } from '../../src/channels/index.ts';
import { readConfig } from '../../src/config.ts';
import { SenderAllowlist } from '../../src/inbound/sender-allowlist.ts';

const examples = path.resolve(import.meta.dirname, '../../config-examples');
const home = mkdtempSync(path.join(tmpdir(), 'nanoclaw-examples-'));
afterAll(() => rmSync(home, { recursive: true, force: true }));

describe('the example files', () => {
  it('hold an .env of which every line is a setting, commented out or not', async () => {
    const text = readFileSync(path.join(examples, 'env.example'), 'utf8');
    // Whoever takes a line puts a real value in the place of the dots.
    const settings = text.replace(/^#(?=[A-Z_]+=)/gm, '').replace(/\.\.\.|…/g, 'real');
    mkdirSync(home, { recursive: true });
    writeFileSync(path.join(home, '.env'), settings);
    const manifests = await readManifests();
    const channelSettings = manifests.flatMap((manifest) => Object.keys(manifest.settings.shape));
    const config = readConfig(home, { environment: { NANOCLAW_HOME: home }, channelSettings });
    expect(config.credential?.variable).toBe('ANTHROPIC_API_KEY');
    expect(settings.split('\n').filter((line) => /^[A-Z_]+=/.test(line)).length).toBeGreaterThan(8);
  });

  it('hold a sender allowlist that lets in who is named and nobody else', () => {
    const list = new SenderAllowlist(path.join(examples, 'sender-allowlist.json'), pino({ level: 'silent' }));
    expect(list.standingOf('anybody', 'tg:1')).toBe('allowed');
    expect(list.standingOf('anybody', 'tg:-1001234567890')).toBe('context');
    expect(list.standingOf('123456789', 'tg:-1001234567890')).toBe('allowed');
    expect(list.standingOf('anybody', '120363012345678901@g.us')).toBe('dropped');
    expect(list.problem).toBeUndefined();
  });

  it("hold a mount allowlist in v1's format", () => {
    const root = z.strictObject({ path: z.string(), allowReadWrite: z.boolean(), description: z.string().optional() });
    const format = z.strictObject({
      allowedRoots: z.array(root).min(1),
      blockedPatterns: z.array(z.string()),
      nonMainReadOnly: z.boolean(),
    });
    expect(() =>
      format.parse(JSON.parse(readFileSync(path.join(examples, 'mount-allowlist.json'), 'utf8'))),
    ).not.toThrow();
  });
});
