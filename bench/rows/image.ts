import { execFileSync } from 'node:child_process';
import { appendFileSync, cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { checkout } from '../checkout.ts';
import { docker, image, whyNoDocker } from '../docker.ts';
import { moment } from '../moment.ts';
import { type Family, rowOf } from '../row.ts';

const size = 'image size';
const rebuild = 'image rebuild after a runner change';
const built = ['container', 'protocol', '.dockerignore'];
const changed = join('container', 'agent-runner', 'src', 'run.ts');

/** What the engine says of the agent image; and container/build.sh on a copy of the checkout, a source of the runner changed. */
export const family: Family = {
  rows: [size, rebuild],
  async *run({ wants, note }) {
    const why = whyNoDocker();
    if (why !== undefined) return note(`${size}, ${rebuild}: ${why}`);
    const bytes = Number(docker('image', 'inspect', '--format', '{{.Size}}', image));
    yield rowOf(size, { unit: 'GB', ours: [bytes / 1e9] });
    if (wants(rebuild)) yield rowOf(rebuild, { unit: 's', ours: [rebuildSeconds()] });
  },
};

function rebuildSeconds(): number {
  const copy = mkdtempSync(join(tmpdir(), 'bench-'));
  const modules = /node_modules|[/\\]dist$/;
  try {
    for (const name of built) {
      cpSync(join(checkout, name), join(copy, name), { recursive: true, filter: (path) => !modules.test(path) });
    }
    const build = () =>
      execFileSync(join(copy, 'container', 'build.sh'), ['bench-rebuild', '--force'], { stdio: 'ignore' });
    // The first makes the layers that a change does not touch.
    build();
    appendFileSync(join(copy, changed), `// changed at ${moment()}\n`);
    const startedAt = moment();
    build();
    return (moment() - startedAt) / 1_000;
  } finally {
    docker('image', 'rm', '--force', 'nanoclaw-agent:bench-rebuild');
    rmSync(copy, { recursive: true, force: true });
  }
}
