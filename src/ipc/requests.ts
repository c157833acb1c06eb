import { createHash } from 'node:crypto';
import { z } from 'zod';
import { type ReplyFile, requestFile } from '../../protocol/mailbox.ts';
import type { Clock } from '../lib/clock.ts';
import type { Log } from '../lib/log.ts';
import type { Place } from '../model/chat.ts';
import type { Group } from '../model/group.ts';
import type { Store } from '../store/store.ts';
import type { Tool } from '../tools/tool.ts';
import { type Mailbox, type MailboxFile, parseJson } from './mailbox.ts';

/** Whose mailbox it is, and which turn runs there. Identity is the directory, never a field of a file. */
export interface Asker {
  readonly group: Group;
  readonly runId: string;
  readonly place: Place | undefined;
  readonly turnId: string | undefined;
  /** The container has ended: nobody will read a reply, so what was done is taken away at once. */
  readonly ended: boolean;
}

interface RequestParts {
  readonly store: Store;
  readonly clock: Clock;
  readonly log: Log;
  readonly tools: ReadonlyMap<string, Tool>;
}

/** Turns request files into deeds and replies: each (run, id) is done once, and its reply is given until it was read. */
export class Requests {
  readonly #parts: RequestParts;

  constructor(parts: RequestParts) {
    this.#parts = parts;
  }

  /** One pass over the mailbox; true when there was anything to do, so the runner should look for replies. */
  serve(mailbox: Mailbox, asker: Asker): boolean {
    let served = false;
    const read = new Set(mailbox.acks());
    for (const place of ['messages', 'tasks'] as const) {
      for (const file of mailbox.read(place)) {
        served = true;
        const id = file.name.slice(0, -'.json'.length);
        if (!read.has(id)) this.#serveFile(mailbox, { place, file, asker });
        if (read.has(id) || asker.ended) this.#forget(mailbox, { place, name: file.name, id });
      }
    }
    return served;
  }

  #forget(mailbox: Mailbox, request: { place: 'messages' | 'tasks'; name: string; id: string }): void {
    mailbox.remove(request.place, request.name);
    mailbox.removeReply(request.id);
    mailbox.remove('acks', request.id);
  }

  #serveFile(mailbox: Mailbox, from: { place: 'messages' | 'tasks'; file: MailboxFile; asker: Asker }): void {
    const { place, file, asker } = from;
    const request = requestFile.safeParse(parseJson(file.text));
    if (!request.success) {
      mailbox.reject(place, file.name, 'this is no request');
      return;
    }
    const hash = createHash('sha256').update(file.text).digest('hex');
    const { id } = request.data;
    if (id === undefined) {
      // Dropped by hand, v1's way: known by name and content, and there is nobody to read a reply.
      this.#reply({ runId: 'by-hand', id: `${asker.group.folder}/${file.name}/${hash}`, hash }, request.data, asker);
      mailbox.remove(place, file.name);
      return;
    }
    mailbox.writeReply(id, this.#reply({ runId: asker.runId, id, hash }, request.data, asker));
    if (`${id}.json` !== file.name) mailbox.remove(place, file.name);
  }

  /** The reply recorded for this request, or the one that doing it now gives. */
  #reply(
    key: { runId: string; id: string; hash: string },
    request: z.infer<typeof requestFile>,
    asker: Asker,
  ): ReplyFile {
    const { store, clock, log } = this.#parts;
    const known = store.requests.get(key.runId, key.id);
    if (known)
      return known.hash === key.hash ? known.reply : refusal('id_reused', 'This id was used for another request.');
    try {
      return store.transaction(() => {
        const reply = this.#do(key, request, asker);
        store.requests.add({ ...key, reply }, clock.now());
        return reply;
      });
    } catch (error) {
      log.error({ err: error, group: asker.group.folder, type: request.type }, 'a request failed');
      return refusal('failed', 'The host could not do this; nothing was changed. Try again later.');
    }
  }

  #do(key: { runId: string; id: string }, request: z.infer<typeof requestFile>, asker: Asker): ReplyFile {
    const tool = this.#parts.tools.get(request.type);
    if (!tool) return refusal('unknown_request', `The host knows no request of type "${request.type}".`);
    const input = tool.input.safeParse(request);
    if (!input.success) return refusal('invalid_arguments', z.prettifyError(input.error));
    return tool.handle(input.data, { ...asker, key: `request:${key.runId}-${key.id}` });
  }
}

function refusal(code: string, message: string): ReplyFile {
  return { ok: false, error: { code, message } };
}
