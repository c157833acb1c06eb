import { Progress } from '../scripts/progress.mjs';
import { hearStops, stoppedWords } from '../scripts/stops.mjs';
import { readConfig } from '../src/config.ts';
import { settleRuntime } from '../src/index.ts';
import { hasCode, NanoclawError, sentenceOf } from '../src/model/errors.ts';
import { type RuntimeName, runtimeNames } from '../src/sandbox/sandbox.ts';
import { preparerFor } from './prepare-runtime.ts';

/** v1's: 0 done, 1 failed, 2 the runtime is not there, 4 wrong arguments; 130 it was stopped. */
type ExitCode = 0 | 1 | 2 | 4 | 130;

/**
 * `setup --step container`: finds (or takes) a runtime, prepares it, has a look at it, and records it for this home.
 * Prints v1's status block on stdout.
 */
export async function runStep(options: { checkout: string; runtime: string | undefined }): Promise<ExitCode> {
  const config = readConfig(options.checkout);
  // What is set rules at every start, so it is what is prepared.
  const wanted = options.runtime ?? config.runtime;
  const block = { RUNTIME: wanted, IMAGE: config.image, BUILD_OK: 'false', TEST_OK: 'false', STATUS: 'failed' };
  const name = wanted === 'auto' ? 'auto' : runtimeNames.find((one) => one === wanted);
  if (name === undefined) {
    print({ ...block, ERROR: `"${wanted}" is no runtime; there are auto, ${runtimeNames.join(', ')}.` });
    return 4;
  }
  let prepared: RuntimeName | undefined;
  const progress = new Progress();
  const note = (line: string) => progress.say(line);
  const preparer = preparerFor({ checkout: options.checkout, note, begin: (step) => progress.begin(step) });
  const stopping = new AbortController();
  const { signal } = stopping;
  const unhear = hearStops(() => {
    note(stoppedWords);
    stopping.abort(new NanoclawError('host.stopped', stoppedWords));
  });
  const prepare: typeof preparer.prepare = async (runtime, how) => {
    await preparer.prepare(runtime, how);
    prepared = runtime;
  };
  try {
    const runtime = await settleRuntime({ ...config, runtime: name }, { ...preparer, prepare }, { note, signal });
    print({ ...block, RUNTIME: runtime, BUILD_OK: 'true', TEST_OK: 'true', STATUS: 'success' });
    return 0;
  } catch (error) {
    print({
      ...block,
      RUNTIME: prepared ?? wanted,
      BUILD_OK: String(prepared !== undefined),
      ERROR: sentenceOf(error).replace(/\s+/g, ' '),
    });
    if (signal.aborted) return 130;
    return hasCode(error, 'sandbox.unavailable') ? 2 : 1;
  } finally {
    unhear();
  }
}

function print(block: Record<string, string>): void {
  const lines = Object.entries(block).map(([key, value]) => `${key}: ${value}`);
  process.stdout.write(`${['=== NANOCLAW SETUP: SETUP_CONTAINER ===', ...lines, '=== END ==='].join('\n')}\n`);
}
