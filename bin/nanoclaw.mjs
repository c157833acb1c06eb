#!/usr/bin/env node
// The command. Says first whether this Node will do, in words that any Node understands, and only then loads the rest.
import { nodeProblem } from '../scripts/need-node.mjs';

const problem = nodeProblem(process.versions.node);
if (problem !== '') {
  process.stderr.write(`${problem}\n`);
  process.exitCode = 1;
} else {
  import('../scripts/hand-over.mjs')
    .then((module) => module.handOver(process.argv.slice(2)))
    .catch((error) => {
      process.exitCode = 1;
      process.stderr.write(`${String(error instanceof Error ? error.stack : error)}\n`);
    });
}
