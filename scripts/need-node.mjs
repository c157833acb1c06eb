// Old syntax on purpose, and no imports: this has to run on every Node there is, to say that it will not do.

/** What is wrong with this Node, and on a second line what to do; empty when nothing is. */
export function nodeProblem(version) {
  const parts = version.split('.').map(Number);
  const is = `${parts[0]}.${parts[1]}`;
  const install = 'Install Node 22 from https://nodejs.org (or: nvm install 22), then run this again.';
  if (parts[0] < 20 || (parts[0] === 20 && parts[1] < 19)) {
    return `Node 20.19 or newer is needed; this is ${is} (${process.execPath}).\n${install}`;
  }
  // Node 24.19 changed how objects of native packages are freed: better-sqlite3 12 aborts the process at some collection.
  if (parts[0] > 24 || (parts[0] === 24 && parts[1] >= 19)) {
    return `Node ${is} (${process.execPath}) is not supported yet: since 24.19 it makes the database package crash.\n${install}`;
  }
  return '';
}

const asked = process.argv[1] || '';
if (asked.endsWith('need-node.mjs')) {
  const problem = nodeProblem(process.versions.node);
  if (problem !== '') {
    process.stderr.write(`${problem}\n`);
    process.exitCode = 1;
  }
}
