// The checks that are programs of their own: each returns its findings as lines, none when it is content.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { sourceFiles, sourceFolders } from './files.mjs';

export async function types(root, project) {
  if (!existsSync(path.join(root, project))) return [`${project} is missing`];
  return await failing(root, 'typescript/bin/tsc', ['--noEmit', '-p', project]);
}

export async function lintAndFormat(root) {
  return await failing(root, '@biomejs/biome/bin/biome', [
    'check',
    '--reporter=concise',
    '--error-on-warnings',
    '--max-diagnostics=200',
    '.',
  ]);
}

export async function deadCode(root) {
  return await failing(root, 'knip/bin/knip.js', ['--no-progress', '--no-config-hints']);
}

/** The floors; and that the cruiser saw every source file, for one it does not see is one it does not check. */
export async function floors(root) {
  const { cruise } = await import('dependency-cruiser');
  const { default: extractOptions } = await import('dependency-cruiser/config-utl/extract-depcruise-options');
  const { default: extractTypes } = await import('dependency-cruiser/config-utl/extract-ts-config');
  const options = await extractOptions(path.join(root, '.dependency-cruiser.cjs'));
  const folders = sourceFolders.filter((folder) => existsSync(path.join(root, folder)));
  const tsConfig = extractTypes(path.join(root, 'tsconfig.json'));
  const resolving = options.enhancedResolveOptions;
  const { output } = await cruise(folders, { ...options, baseDir: root, validate: true }, resolving, { tsConfig });
  const seen = new Set(output.modules.map((module) => module.source));
  const missed = sourceFiles(root).filter((file) => !seen.has(file));
  return [
    ...missed.map((file) => `${file} was not seen by the dependency cruiser`),
    ...output.summary.violations.map(({ from, to, rule }) => `${rule.name}: ${from} → ${to}`),
  ];
}

async function failing(root, program, args) {
  const { code, out, error } = await run(root, program, args);
  if (code === 0) return [];
  return [...lines(out), ...lines(error), `(exit code ${code})`];
}

function run(root, program, args) {
  const child = spawn(process.execPath, [path.join(root, 'node_modules', program), ...args], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const text = { out: '', error: '' };
  child.stdout.setEncoding('utf8').on('data', (chunk) => (text.out += chunk));
  child.stderr.setEncoding('utf8').on('data', (chunk) => (text.error += chunk));
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, ...text }));
  });
}

function lines(text) {
  return text.split('\n').filter((line) => line.trim() !== '');
}
