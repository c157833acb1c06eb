// The source files of the project, found by walking: no list to forget a file in.
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

/** Folders that hold source, and the files beside them. */
export const sourceFolders = ['src', 'protocol', 'container/agent-runner', 'setup', 'bin', 'scripts', 'test', 'bench'];
const skipped = new Set(['node_modules', 'dist', '.git']);

/** Files below `folder` whose name matches, as paths relative to `root` with forward slashes. A missing folder is empty. */
export function filesIn(root, folder, pattern = /\.(ts|mts|mjs|cjs)$/) {
  let entries;
  try {
    entries = readdirSync(path.join(root, folder), { withFileTypes: true });
  } catch (error) {
    if (error.code === 'ENOENT') return [];
    throw error;
  }
  return entries
    .flatMap((entry) => {
      const name = `${folder}/${entry.name}`;
      if (entry.isDirectory()) return skipped.has(entry.name) ? [] : filesIn(root, name, pattern);
      return entry.isFile() && pattern.test(entry.name) ? [name] : [];
    })
    .sort();
}

export function sourceFiles(root) {
  return sourceFolders.flatMap((folder) => filesIn(root, folder));
}

export function isTest(file) {
  return /\.test\.ts$/.test(file) || /^(test|bench)\//.test(file) || /^container\/agent-runner\/test\//.test(file);
}

export function textOf(root, file) {
  return readFileSync(path.join(root, file), 'utf8');
}

export function linesOf(text) {
  return text.split('\n').length - (text.endsWith('\n') ? 1 : 0);
}

/** What the seed counts: src without the platforms, the web page, the wizard and the tests. */
export function coreNumbers(root) {
  const core = filesIn(root, 'src').filter(
    (file) => !/^src\/(channels\/[^/]+|console|setup)\//.test(file) && !isTest(file),
  );
  const lines = core.reduce((sum, file) => sum + linesOf(textOf(root, file)), 0);
  const runtime = Object.keys(JSON.parse(textOf(root, 'package.json')).dependencies ?? {});
  return { lines, files: core.length, runtime };
}
