import type { Socket } from 'node:net';
import { type Clock, pause } from '../../lib/clock.ts';
import { systemCode } from '../../model/errors.ts';

export type Dialled =
  | { readonly type: 'connected'; readonly socket: Socket }
  | { readonly type: 'late' | 'failed'; readonly why: string };

/** Waits until a socket that is being connected is connected, or destroys it after `ms`. Never rejects. */
export function dial(socket: Socket, { clock, ms }: { clock: Clock; ms: number }): Promise<Dialled> {
  return new Promise((resolve) => {
    const end = (result: Dialled) => {
      timer[Symbol.dispose]();
      if (result.type !== 'connected') socket.destroy();
      resolve(result);
    };
    const timer = clock.after(ms, () => end({ type: 'late', why: 'no answer in time' }));
    socket.once('connect', () => end({ type: 'connected', socket }));
    // Stays for the socket's life: whoever uses it next hears its errors too, and none goes unheard in between.
    socket.on('error', (error) => end({ type: 'failed', why: systemCode(error) ?? error.message }));
  });
}

/** What `work` resolves with, or undefined after `ms`. The work itself goes on unheeded. */
export async function within<T>(work: Promise<T>, { clock, ms }: { clock: Clock; ms: number }): Promise<T | undefined> {
  const over = new AbortController();
  try {
    return await Promise.race([work, pause(clock, ms, over.signal).then(() => undefined)]);
  } finally {
    over.abort();
  }
}
