import type { Sandbox } from '../src/sandbox/sandbox.ts';
import type { Marks } from './marks.ts';

/** Frames of the runner whose coming is noted. */
const noted = ['ready', 'ack', 'result'];

/** A sandbox that notes when a run was asked for, when it stood, and when its frames came. */
export function timedSandbox(real: Sandbox, marks: Marks): Sandbox {
  return {
    capabilities: real.capabilities,
    check: (signal) => real.check(signal),
    async start(spec, signal) {
      marks.set('prepared');
      const run = await real.start(spec, signal);
      marks.set('started');
      run.stdout.on('data', (chunk: Buffer) => {
        const text = chunk.toString();
        for (const type of noted) if (text.includes(`"type":"${type}"`)) marks.set(type);
      });
      return run;
    },
    find: (install) => real.find(install),
    attach: (found) => real.attach(found),
    remove: (found) => real.remove(found),
  };
}
