import { randomUUID } from 'node:crypto';
import type { Readable, Writable } from 'node:stream';
import { sentenceOf } from './errors.ts';
import { HostLines } from './host-lines.ts';
import type { Layout } from './layout.ts';
import { Mailbox } from './mailbox.ts';
import { Relay } from './relay.ts';
import { Report } from './report.ts';
import { endStragglers } from './stragglers.ts';
import { terminatedCode, whenAborted } from './when-aborted.ts';

export interface RunnerParts {
  readonly layout: Layout;
  /** This program's own file, to start the relay from. */
  readonly program: string;
  readonly stdin: Readable;
  readonly stdout: Writable;
  readonly stderr: Writable;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Ends the run now, without finishing anything. */
  readonly signal: AbortSignal;
}

const relayLimitMs = 5_000;
/** In the environment of all the agent starts, so that nothing of it is left behind. */
const markName = 'NANOCLAW_RUNNER';

/** One run, from the start line to the exit code. Writes no frame before it has read the start line. */
export async function runAgent(parts: RunnerParts): Promise<number> {
  const { layout, signal } = parts;
  const log = (sentence: string) => parts.stderr.write(`runner: ${sentence}\n`);
  // Whoever listened there may be gone; the files are the truth, and the run goes on.
  for (const stream of [parts.stdin, parts.stdout, parts.stderr]) stream.on('error', () => undefined);
  const lines = new HostLines(parts.stdin);
  const relay = new Relay(parts.program, { socket: layout.gateway, port: layout.relayPort }, log);
  const relayUp = relay.start(relayLimitMs);
  // The SDK takes longest to load: it does so while the relay starts and the start line travels.
  const loading = import('./agent.ts');
  const mark = randomUUID();
  try {
    const start = await Promise.race([lines.start(layout.startMs), whenAborted(signal)]);
    if (!start) return terminatedCode;
    const mailbox = new Mailbox(layout.ipc);
    mailbox.prepare();
    const report = new Report(mailbox, { out: parts.stdout, log, runId: start.runId });
    const [{ Agent }] = await Promise.all([loading, relayUp]);
    const environment = { ...parts.environment, [markName]: mark };
    return await new Agent({ layout, start, mailbox, report, lines, environment, log }).run(signal);
  } catch (error) {
    log(sentenceOf(error));
    return 1;
  } finally {
    relay.stop();
    endStragglers(markName, mark);
  }
}
