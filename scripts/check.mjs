// `npm run check`: everything that can be said about the source without running it. Also the first part of `npm test`.
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { documentFindings } from './checks/documents.mjs';
import { coreNumbers, sourceFiles } from './checks/files.mjs';
import { packageFindings } from './checks/packages.mjs';
import { deadCode, floors, lintAndFormat, types } from './checks/programs.mjs';
import { sourceFindings } from './checks/source-rules.mjs';
import { referenceFindings } from './reference.mjs';

/** Two lanes, side by side: programs of their own, and what runs in this process. */
const lanes = [
  {
    'types (host)': (root) => types(root, 'tsconfig.json'),
    'types (runner)': (root) => types(root, 'container/agent-runner/tsconfig.json'),
    'lint and format': lintAndFormat,
    'dead code': deadCode,
  },
  {
    floors,
    'source rules': (root) => sourceFindings(root, createRequire(import.meta.url)('typescript')),
    packages: packageFindings,
    documents: documentFindings,
    reference: referenceFindings,
  },
];

/** Runs every check (or the one named), each with a line of its own, then the numbers. Returns how many passed and failed. */
export async function runChecks(root, { log = console.log, only } = {}) {
  const names = lanes.flatMap((lane) => Object.keys(lane));
  if (only !== undefined && !names.includes(only)) {
    throw new Error(`There is no check "${only}"; there are: ${names.join(', ')}.`);
  }
  const results = await Promise.all(lanes.map((lane) => runLane(lane, root, { log, only })));
  if (only === undefined) {
    const { lines, files, runtime } = coreNumbers(root);
    log(`core: ${lines} lines in ${files} files; source files: ${sourceFiles(root).length}`);
    log(`runtime dependencies: ${runtime.length} (${runtime.join(', ')})`);
  }
  return count(results.flat());
}

async function runLane(lane, root, { log, only }) {
  const results = [];
  for (const [name, check] of Object.entries(lane)) {
    if (only !== undefined && name !== only) continue;
    const result = await timed(() => check(root));
    results.push(result);
    log(`${result.findings.length === 0 ? '✓' : '✗'} ${name.padEnd(18)} ${result.seconds.toFixed(1).padStart(5)} s`);
    for (const finding of result.findings) log(`    ${finding}`);
  }
  return results;
}

function count(results) {
  const failed = results.filter(({ findings }) => findings.length > 0).length;
  return { passed: results.length - failed, failed };
}

async function timed(check) {
  const startedAt = performance.now();
  const findings = await Promise.resolve()
    .then(check)
    .catch((error) => [`the check itself broke: ${error.stack ?? error}`]);
  return { findings, seconds: (performance.now() - startedAt) / 1000 };
}

if (process.argv[1] && import.meta.url === pathToFileURL(path.resolve(process.argv[1])).href) {
  const { values } = parseArgs({ options: { only: { type: 'string' }, root: { type: 'string' } } });
  const root = path.resolve(values.root ?? fileURLToPath(new URL('..', import.meta.url)));
  const { failed } = await runChecks(root, { only: values.only });
  process.exitCode = failed === 0 ? 0 : 1;
}
