import { execFileSync } from 'node:child_process';

export const image = process.env['CONTAINER_IMAGE'] ?? 'nanoclaw-agent:latest';

/** Why nothing can be measured in containers here; undefined when it can. */
export function whyNoDocker(): string | undefined {
  try {
    docker('version', '--format', '{{.Server.Version}}');
  } catch {
    return 'NOT MEASURED: no docker engine answers. `node scripts/engine.mjs` starts one.';
  }
  try {
    docker('image', 'inspect', '--format', '{{.Id}}', image);
    return undefined;
  } catch {
    return `NOT MEASURED: the image ${image} is not there. container/build.sh makes it.`;
  }
}

export function docker(...args: readonly string[]): string {
  return execFileSync('docker', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'], timeout: 60_000 }).trim();
}
