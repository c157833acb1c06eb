// Promises about what gets installed.
import { existsSync } from 'node:fs';
import path from 'node:path';
import { filesIn, textOf } from './files.mjs';

const packages = ['package.json', 'container/agent-runner/package.json'];

export function packageFindings(root) {
  const decisions = filesIn(root, 'docs/decisions', /\.md$/)
    .map((file) => textOf(root, file))
    .join('\n');
  return packages
    .filter((file) => existsSync(path.join(root, file)))
    .flatMap((file) => [...lockFindings(root, file), ...dependencyFindings(root, file, decisions)]);
}

function lockFindings(root, file) {
  const lock = file.replace(/package\.json$/, 'package-lock.json');
  if (!existsSync(path.join(root, lock))) return [`${lock} is missing: installs would differ from machine to machine`];
  const packages = JSON.parse(textOf(root, lock)).packages ?? {};
  const addressed = Object.keys(packages).filter((name) => 'resolved' in packages[name]);
  const findings = [];
  if (addressed.length > 0) {
    const advice = "npm's omit-lockfile-registry-resolved leaves them out";
    findings.push(`${lock} holds ${addressed.length} download addresses (${addressed[0]} …); ${advice}`);
  }
  // npm leaves out what its registry or an old node_modules does not have; "npm ci" then refuses the whole lock file.
  const known = Object.keys(packages).map((place) => place.replace(/^.*node_modules\//, ''));
  const named = Object.values(packages).flatMap((entry) => Object.keys(entry.optionalDependencies ?? {}));
  const forgotten = [...new Set(named)].filter((name) => !known.includes(name));
  if (forgotten.length > 0) {
    findings.push(
      `${lock} lacks ${forgotten.length} packages of other platforms (${forgotten[0]} …): npm ci refuses it`,
    );
  }
  return findings;
}

function dependencyFindings(root, file, decisions) {
  const manifest = JSON.parse(textOf(root, file));
  const kinds = ['dependencies', 'devDependencies', 'optionalDependencies', 'peerDependencies'];
  return kinds
    .flatMap((kind) => Object.entries(manifest[kind] ?? {}))
    .flatMap(([name, version]) => {
      const findings = [];
      if (!decisions.includes(`\`${name}\``))
        findings.push(`${file}: no decision under docs/decisions names \`${name}\``);
      if (!/^\d+\.\d+\.\d+[\w.-]*$/.test(version)) findings.push(`${file}: ${name} is ${version}; versions are exact`);
      return findings;
    });
}
