// Old syntax on purpose, and no imports: this has to run on every Node there is, to say that it is too old.

/** What is wrong with this Node; empty when nothing is. */
export function nodeProblem(version) {
  const parts = version.split('.').map(Number);
  if (parts[0] > 20 || (parts[0] === 20 && parts[1] >= 19)) return '';
  return (
    'Node 20.19 or newer is needed; this is ' +
    parts[0] +
    '.' +
    parts[1] +
    ' (' +
    process.execPath +
    ').\n' +
    'Install a newer one from https://nodejs.org (or: nvm install 22), then run this again.'
  );
}

const asked = process.argv[1] || '';
if (asked.endsWith('need-node.mjs')) {
  const problem = nodeProblem(process.versions.node);
  if (problem !== '') {
    process.stderr.write(`${problem}\n`);
    process.exitCode = 1;
  }
}
