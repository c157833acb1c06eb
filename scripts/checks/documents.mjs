// Documents may not rot: a link leads somewhere, a path in backticks exists, and `file` “name” is a test of that file.
import { existsSync } from 'node:fs';
import path from 'node:path';
import { filesIn, textOf } from './files.mjs';

const pages = ['README.md', 'AGENTS.md', 'CLAUDE.md', 'CHANGELOG.md', 'CONTRIBUTING.md'];
/** Paths of the repository; those of a running home (`store/`, `data/`, `groups/<folder>`) are made later. */
const ours = /^(src|protocol|container|scripts|test|docs|config-examples|skills|bin|setup|bench)\/[\w./-]*$/;

export function documentFindings(root) {
  const documents = [...pages.filter((page) => existsSync(path.join(root, page))), ...filesIn(root, 'docs', /\.md$/)];
  return documents.flatMap((page) => {
    const text = textOf(root, page);
    return [...linkFindings(root, page, text), ...pathFindings(root, page, text), ...testFindings(root, page, text)];
  });
}

function linkFindings(root, page, text) {
  return [...text.matchAll(/\]\((?![a-z]+:|#)([^)#\s]+)/g)]
    .filter(([, target]) => !existsSync(path.join(root, path.dirname(page), target)))
    .map(([, target]) => `${page}: the link to ${target} leads nowhere`);
}

function pathFindings(root, page, text) {
  // The page about the seed names files that are no more; that is its purpose.
  if (page.startsWith('docs/decisions/')) return [];
  return [...text.matchAll(/`([^`\n]+)`/g)]
    .filter(([, name]) => ours.test(name) && !existsSync(path.join(root, name)))
    .map(([, name]) => `${page}: \`${name}\` does not exist`);
}

function testFindings(root, page, text) {
  return [...text.matchAll(/`([\w./-]+\.ts)` “([^”]+)”/g)]
    .filter(([, file, name]) => existsSync(path.join(root, file)) && !textOf(root, file).includes(name))
    .map(([, file, name]) => `${page}: ${file} has no test “${name}”`);
}
