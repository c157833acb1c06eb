import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { checkOutput } from '../fixtures/check-output.ts';

let tree: string;

beforeEach(() => {
  tree = mkdtempSync(path.join(tmpdir(), 'nanoclaw-promises-'));
  write('docs/decisions/0001-zod.md', '| `zod` | parses |');
  write('package.json', JSON.stringify({ dependencies: { zod: '4.6.7' } }));
  write('package-lock.json', lockOf({ 'node_modules/zod': { version: '4.6.7' } }));
});

afterEach(() => rmSync(tree, { recursive: true, force: true }));

describe('packages', () => {
  it('are content with a decided, exact dependency and a plain lock file', () => {
    expect(run('packages')).toMatchObject({ ok: true });
  });

  it('go red for a dependency that no decision names', () => {
    write('package.json', JSON.stringify({ devDependencies: { leftpad: '1.0.0' } }));
    expect(run('packages')).toMatchObject({ ok: false, text: expect.stringContaining('names `leftpad`') });
  });

  it('go red for a version range', () => {
    write('package.json', JSON.stringify({ dependencies: { zod: '^4.6.7' } }));
    expect(run('packages')).toMatchObject({ ok: false, text: expect.stringContaining('versions are exact') });
  });

  it('go red for a download address in a lock file', () => {
    write('package-lock.json', lockOf({ 'node_modules/zod': { resolved: 'https://example.com/zod.tgz' } }));
    expect(run('packages')).toMatchObject({ ok: false, text: expect.stringContaining('download addresses') });
  });

  it('go red for a lock file that lost the packages of other platforms', () => {
    write('package-lock.json', lockOf({ 'node_modules/zod': { optionalDependencies: { 'zod-darwin': '1.0.0' } } }));
    expect(run('packages')).toMatchObject({ ok: false, text: expect.stringContaining('zod-darwin') });
  });
});

describe('documents', () => {
  it('go red for a link that leads nowhere and a path that does not exist', () => {
    write('README.md', 'See [there](docs/nowhere.md) and `src/gone.ts`, not `src/channels/<name>/`.');
    const { ok, text } = run('documents');
    expect(ok).toBe(false);
    expect(text).toContain('docs/nowhere.md leads nowhere');
    expect(text).toContain('`src/gone.ts` does not exist');
    expect(text).not.toContain('<name>');
  });

  it('are content when both are there', () => {
    write('README.md', 'See [there](docs/decisions/0001-zod.md#why) and [out](https://example.com).');
    expect(run('documents')).toMatchObject({ ok: true });
  });
});

function run(only: string): { ok: boolean; text: string } {
  return checkOutput(['--only', only, '--root', tree]);
}

function lockOf(packages: object): string {
  return JSON.stringify({ lockfileVersion: 3, packages });
}

function write(file: string, text: string): void {
  mkdirSync(path.dirname(path.join(tree, file)), { recursive: true });
  writeFileSync(path.join(tree, file), text);
}
