// What this machine must have before NanoClaw can work, as a list of checks. The first start asks all of them before it
// installs anything, `doctor` asks them again. Plain Node: no package is there yet.

import { nodeProblem } from './need-node.mjs';
import { checkDisk, checkFiles, checkHost } from './preflight/files.mjs';
import { Machine } from './preflight/machine.mjs';
import { checkBuild, checkRegistry } from './preflight/packages.mjs';
import { checkSandbox } from './preflight/sandbox.mjs';

/** `install`: only asked while packages have still to be installed. */
const checks = [
  { name: 'node', title: 'Node', run: checkNode },
  { name: 'files', title: 'Folders', run: checkFiles },
  { name: 'disk', title: 'Disk', run: checkDisk },
  { name: 'host', title: 'Other hosts', run: checkHost },
  { name: 'registry', title: 'Package registry', install: true, run: checkRegistry },
  { name: 'database', title: 'Database package', install: true, run: checkBuild },
  { name: 'sandbox', title: 'Sandbox', run: checkSandbox },
];

/**
 * Runs them side by side; none takes longer than two seconds.
 * @param {string} root
 * @param {{ installed?: boolean, environment?: NodeJS.ProcessEnv, runtime?: string | undefined, home?: string | undefined }} [options]
 * @returns {Promise<{ check: string, title: string, state: 'ok' | 'warning' | 'problem', says: string, cure?: string }[]>}
 */
export async function preflight(root, { installed = false, environment = process.env, runtime, home } = {}) {
  const machine = new Machine(root, { environment, runtime, home });
  const asked = checks.filter((check) => !(check.install && installed));
  const found = await Promise.all(
    asked.map(async ({ name, title, run }) => {
      const findings = await run(machine);
      return [findings].flat().map((finding) => ({ check: name, title, ...finding }));
    }),
  );
  return found.flat();
}

/** One finding a line, what to do below it. */
export function inWords(findings) {
  const signs = { ok: '✓', warning: '!', problem: '✗' };
  return findings
    .map(({ title, state, says, cure }) => `${signs[state]} ${title}: ${says}${cure ? `\n    ${cure}` : ''}`)
    .join('\n');
}

function checkNode() {
  const problem = nodeProblem(process.versions.node);
  if (problem === '') return { state: 'ok', says: `${process.versions.node} (${process.execPath})` };
  const [says, cure] = problem.split('\n');
  return { state: 'problem', says, cure };
}
