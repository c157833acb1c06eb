import type { z } from 'zod';
import type { AdminMethod, AdminResult, adminMethods, ChatEvent } from '../../protocol/admin.ts';

/** One client on the admin socket, as a handler sees it. */
export interface AdminConnection {
  /** Aborted when the client is gone or the server stops: whoever waits for this client gives up then. */
  readonly signal: AbortSignal;
  /**
   * Tells the client something, in order with the replies. Throws `admin.gone` once the client is gone, `admin.too-long`.
   * Resolves true when all of it has left this process (a client that does not read can make that late), false when the
   * client was gone before; never rejects.
   */
  emit(event: ChatEvent): Promise<boolean>;
}

/** Parameters as a handler gets them: parsed, defaults filled in. */
export type AdminInput<M extends AdminMethod> = z.output<(typeof adminMethods)[M]['params']>;

/**
 * What the host can do for an operator. Requests of one connection are begun in the order they came in and may end in
 * any order. A thrown NanoclawError reaches the client with its code, sentence and cure; anything else as `host.failed`.
 */
export type AdminHandlers = {
  readonly [M in AdminMethod]: (
    params: AdminInput<M>,
    connection: AdminConnection,
  ) => AdminResult<M> | Promise<AdminResult<M>>;
};
