import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { checkOutput } from '../fixtures/check-output.ts';

// Spelled in two halves, so that this file does not break the rules it tests.
const skip = 'skip';
const mock = 'mock';
const ignore = 'biome-';

/** A planted file, and the words the finding must hold. */
const bad: Record<string, [text: string, finding: string]> = {
  'src/env.ts': ['export const home = process.env.HOME;', 'process.env is read in src/config.ts'],
  'src/env-by-key.ts': ["export const home = process['env'].HOME;", 'process.env is read in src/config.ts'],
  'src/env-import.ts': ["import { env } from 'node:process';\nexport const home = env.HOME;", 'global process'],
  'src/exit.ts': ['export const end = () => process.exit(1);', 'only src/index.ts ends the process'],
  'src/signal.ts': ["export const on = () => process.on('SIGINT', () => 1);", 'signals are heard in src/index.ts'],
  'src/now.ts': ['export const now = () => Date.now();', 'time and timers'],
  'src/date.ts': ['export const now = () => new Date();', 'time and timers'],
  'src/timer.ts': ['export const soon = () => setTimeout(() => 1, 5);', 'time and timers'],
  'src/interval.ts': ['export const often = () => setInterval(() => 1, 5);', 'time and timers'],
  'src/deadline.ts': ['export const soon = () => AbortSignal.timeout(5);', 'time and timers'],
  'src/timers.ts': ["import { setTimeout } from 'node:timers/promises';\nexport const a = setTimeout;", 'timers come'],
  'src/state.ts': ['export let count = 0;', 'module-level `let`'],
  'src/cast.ts': ['export const a = (b: unknown) => b as string;', '`as`'],
  'src/any.ts': ['export const a = (b: any) => b;', '`any`'],
  'src/sure.ts': ['export const a = (b: string | undefined) => b!;', '`!`'],
  'src/catch.ts': ['export const a = () => {\n  try {\n    a();\n  } catch {\n    // quiet\n  }\n};', 'empty catch'],
  'src/long.ts': ['\n'.repeat(400), '401 lines'],
  'src/ignored.ts': [`// ${ignore}ignore lint: because\nexport const a = 1;`, 'without a decision'],
  'test/skipped.test.ts': [`import { it } from 'vitest';\nit.${skip}('x', () => {});`, 'every test runs'],
  'test/skipped-too.test.ts': [
    `import { it } from 'vitest';\nit.concurrent.${skip}('x', () => {});`,
    'every test runs',
  ],
  'test/skipped-sometimes.test.ts': [
    "import { it } from 'vitest';\nit.runIf(1 > 2)('x', () => {});",
    'every test runs',
  ],
  'test/mocked.test.ts': [`import { vi } from 'vitest';\nvi.${mock}('./x.ts');`, 'pass a real part'],
};

const good: Record<string, string> = {
  'src/config.ts': 'export const home = process.env.HOME;',
  'src/index.ts': "process.on('SIGINT', () => process.exit(1));",
  'src/lib/clock.ts': 'export const now = () => Date.now() + Number(setTimeout(() => 1, 5));',
  'src/words.ts': "// process.env and as any, setTimeout\nexport const text = 'process.exit(1) x! as y';",
  'src/fixed.ts': "import { text as words } from './words.ts';\nexport const a = { words } as const;",
  'src/at.ts': 'export const at = (ms: number) => new Date(ms);',
  'src/beside.test.ts': 'export const now = Date.now() as number;',
  'test/linux.test.ts': "import { it } from 'vitest';\nit.runIf(process.platform === 'linux')('x', () => {});",
  'src/decided.ts': `// ${ignore}ignore lint: see the decision\nexport const a = 1;`,
};

let tree: string;
let report: { ok: boolean; text: string };

beforeAll(() => {
  tree = mkdtempSync(path.join(tmpdir(), 'nanoclaw-rules-'));
  for (const [file, [text]] of Object.entries(bad)) write(file, text);
  for (const [file, text] of Object.entries(good)) write(file, text);
  write('docs/decisions/0001-ignores.md', 'src/decided.ts may ignore it.');
  report = checkOutput(['--only', 'source rules', '--root', tree]);
});

afterAll(() => rmSync(tree, { recursive: true, force: true }));

describe('the source rules', () => {
  it.each(Object.entries(bad))('find what is wrong in %s', (file, [, finding]) => {
    expect(report.ok).toBe(false);
    expect(findingsIn(file).join('\n')).toContain(finding);
  });

  it.each(Object.keys(good))('have nothing against %s', (file) => {
    expect(findingsIn(file)).toEqual([]);
  });
});

function findingsIn(file: string): string[] {
  return report.text.split('\n').filter((line) => line.trim().startsWith(`${file}:`));
}

function write(file: string, text: string): void {
  mkdirSync(path.dirname(path.join(tree, file)), { recursive: true });
  writeFileSync(path.join(tree, file), `${text}\n`);
}
