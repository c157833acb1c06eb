// One vitest run over some projects, counted from its JSON report.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { run } from './programs.mjs';

/** Returns `{passed, failed, files, red}`, `red` being the names of the failed tests. A run that ends badly without a failed test counts as one failure. */
export async function runVitest(root, projects, { minutes = 45, workers = 2 } = {}) {
  if (projects.length === 0) return { passed: 0, failed: 0, files: [], red: [] };
  const folder = mkdtempSync(path.join(tmpdir(), 'nanoclaw-test-'));
  const file = path.join(folder, 'report.json');
  const args = ['run', '--passWithNoTests', '--reporter=default', '--reporter=json', `--outputFile.json=${file}`];
  args.push(`--maxWorkers=${workers}`);
  const program = path.join(root, 'node_modules/vitest/vitest.mjs');
  try {
    const code = await run(process.execPath, [program, ...args, ...projects.flatMap((name) => ['--project', name])], {
      cwd: root,
      minutes,
    });
    return count(root, file, code);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function count(root, file, code) {
  const counts = { passed: 0, failed: 0, files: [], red: [] };
  for (const suite of reportIn(file)) {
    const name = path.relative(root, suite.name).split(path.sep).join('/');
    counts.files.push(name);
    const having = (state) => suite.assertionResults.filter((test) => test.status === state).length;
    // Skipped means "not for this platform"; the source rules see to it that nothing else is.
    const leftOut = having('skipped');
    if (leftOut > 0) console.log(`${suite.name}: ${leftOut} not for this platform`);
    const passed = having('passed');
    // Whatever else did not pass has failed: pending ones stood in a process that died.
    const failed = suite.assertionResults.length - passed - leftOut;
    for (const test of suite.assertionResults) {
      if (test.status !== 'passed' && test.status !== 'skipped') counts.red.push(`${name} > ${test.fullName}`);
    }
    if (failed === 0 && suite.status === 'failed') counts.red.push(name);
    counts.passed += passed;
    // A file that could not be loaded has no tests to fail, but it has failed.
    counts.failed += failed === 0 && suite.status === 'failed' ? 1 : failed;
  }
  if (code !== 0 && counts.failed === 0) {
    console.log(`✗ vitest ended with ${code}`);
    counts.failed = 1;
  }
  return counts;
}

function reportIn(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8')).testResults;
  } catch (error) {
    console.log(`✗ no usable report of the tests: ${error.message}`);
    return [];
  }
}
