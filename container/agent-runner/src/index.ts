/** The program. The only file that may exit the process. */
import { existsSync } from 'node:fs';
import nodeModule from 'node:module';
import { fileURLToPath } from 'node:url';

// An image has one beside the program, made with it. Node 20 knows of no such thing.
const cache = fileURLToPath(new URL('cache', import.meta.url));
if (existsSync(cache)) nodeModule.enableCompileCache?.(cache);

switch (process.argv[2]) {
  case 'relay':
    await relay(process.argv[3] ?? '{}');
    break;
  case 'load':
    // Only so that all of it has been compiled once.
    await Promise.all([import('./relay.ts'), import('./layout.ts'), import('./run.ts'), import('./agent.ts')]);
    break;
  default:
    await runner(process.argv[2] ?? '{}');
}

async function relay(place: string): Promise<void> {
  // A child of the runner: it must not outlive it, and need not load what it never uses.
  process.once('disconnect', () => process.exit(0));
  const { serveRelay } = await import('./relay.ts');
  try {
    await serveRelay(JSON.parse(place));
    process.send?.('listening');
  } catch (error) {
    process.stderr.write(`relay: ${String(error)}\n`);
    process.exit(1);
  }
}

async function runner(places: string): Promise<void> {
  const ending = new AbortController();
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => ending.abort());
  const [{ runAgent }, { layout }] = await Promise.all([import('./run.ts'), import('./layout.ts')]);
  const code = await runAgent({
    layout: layout.parse(JSON.parse(places)),
    program: fileURLToPath(import.meta.url),
    stdin: process.stdin,
    stdout: process.stdout,
    stderr: process.stderr,
    environment: process.env,
    signal: ending.signal,
  });
  process.exit(code);
}
