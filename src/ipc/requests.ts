import { createHash } from 'node:crypto';
import { z } from 'zod';
import { type ReplyFile, requestFile } from '../../protocol/mailbox.ts';
import type { Clock } from '../lib/clock.ts';
import { parseJson } from '../lib/json.ts';
import type { Log } from '../lib/log.ts';
import type { Place } from '../model/chat.ts';
import type { Group } from '../model/group.ts';
import type { Store } from '../store/store.ts';
import { isOfThePlace } from '../store/trouble.ts';
import type { Tool } from '../tools/tool.ts';
import type { Mailbox, MailboxFile } from './mailbox.ts';
import type { Snapshots } from './snapshots.ts';

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
  /** Copies of what the host knows, for whoever reads files. */
  readonly snapshots?: Pick<Snapshots, 'keep'>;
}

const uuid = z.uuid();

/** Turns request files into deeds and replies: each (run, id) is done once, and its reply is given until it was read. */
export class Requests {
  readonly #parts: RequestParts;

  constructor(parts: RequestParts) {
    this.#parts = parts;
  }

  /** One pass over the mailbox. How many requests were there; with `ended`, how many were dealt with and taken away. */
  serve(mailbox: Mailbox, asker: Asker): number {
    let served = 0;
    let changed = false;
    for (const place of ['messages', 'tasks'] as const) {
      const files = mailbox.read(place);
      // Whoever waits for a reply has named the file by a UUID; the name of another need not even be one of a file.
      const ids = files.map(idOf).filter((id) => uuid.safeParse(id).success);
      const read = ids.length === 0 ? new Set() : mailbox.acked(ids);
      for (const file of files) {
        const id = idOf(file);
        const done = read.has(id) || this.#serveFile(mailbox, { place, file, asker });
        const gone = done && (read.has(id) || asker.ended) && this.#forget(mailbox, { place, name: file.name, id });
        if (!asker.ended || gone) served += 1;
        changed ||= place === 'tasks';
      }
    }
    if (!asker.ended) this.#parts.snapshots?.keep(asker.group, { runId: asker.runId, changed });
    return served;
  }

  #forget(mailbox: Mailbox, request: { place: 'messages' | 'tasks'; name: string; id: string }): boolean {
    const gone = mailbox.remove(request.place, request.name);
    mailbox.removeReply(request.id);
    mailbox.remove('acks', request.id);
    return gone;
  }

  /** False when it could not be done now (a full disk, a locked database): it stays, and nobody is told that it failed. */
  #serveFile(mailbox: Mailbox, from: { place: 'messages' | 'tasks'; file: MailboxFile; asker: Asker }): boolean {
    const { place, file, asker } = from;
    const request = requestFile.safeParse(parseJson(file.text));
    if (!request.success) return mailbox.reject(place, file.name, 'this is no request');
    const hash = createHash('sha256').update(file.text).digest('hex');
    const { id } = request.data;
    // Dropped by hand, v1's way: known by name and content, and there is nobody to read a reply.
    const byHand = { runId: 'by-hand', id: `${asker.group.folder}/${file.name}/${hash}`, hash };
    const reply = this.#reply(id === undefined ? byHand : { runId: asker.runId, id, hash }, request.data, asker);
    if (!reply) return false;
    if (id !== undefined) mailbox.writeReply(id, reply);
    return `${id}.json` === file.name || mailbox.remove(place, file.name);
  }

  /** The reply recorded for this request, or the one that doing it now gives. Undefined: not done, to be tried again. */
  #reply(
    key: { runId: string; id: string; hash: string },
    request: z.infer<typeof requestFile>,
    asker: Asker,
  ): ReplyFile | undefined {
    const { store, clock, log } = this.#parts;
    const known = store.requests.get(key.runId, key.id);
    if (known)
      return known.hash === key.hash
        ? (known.reply ?? lost)
        : refusal('id_reused', 'This id was used for another request.');
    try {
      return store.transaction(() => {
        const reply = this.#do(key, request, asker);
        store.requests.add({ ...key, reply }, clock.now());
        return reply;
      });
    } catch (error) {
      log.error({ err: error, group: asker.group.folder, type: request.type }, 'a request failed');
      if (isOfThePlace(error)) return undefined;
      const reply = refusal('failed', 'The host could not do this; nothing was changed.');
      store.requests.add({ ...key, reply }, clock.now());
      return reply;
    }
  }

  #do(key: { runId: string; id: string }, request: z.infer<typeof requestFile>, asker: Asker): ReplyFile {
    const tool = this.#parts.tools.get(request.type);
    if (!tool) return refusal('unknown_request', `The host knows no request of type "${request.type}".`);
    const input = tool.input.safeParse(request);
    if (!input.success) return refusal('invalid_arguments', z.prettifyError(input.error));
    return tool.handle(input.data, {
      ...asker,
      ...this.#turnOf(request, asker),
      key: `request:${key.runId}-${key.id}`,
    });
  }

  // Background work speaks where it was begun, not where the agent happens to work now.
  #turnOf(request: z.infer<typeof requestFile>, asker: Asker): Partial<Pick<Asker, 'turnId' | 'place'>> {
    const turn = request.turnId === undefined ? undefined : this.#parts.store.turns.get(request.turnId);
    if (turn?.group_folder !== asker.group.folder) return {};
    return { turnId: turn.id, place: { jid: turn.chat_jid, thread: turn.thread ?? undefined } };
  }
}

const lost = refusal(
  'reply_lost',
  'The host has done this once, but its reply is damaged. Look what became of it before you ask for it again.',
);

function idOf({ name }: MailboxFile): string {
  return name.slice(0, -'.json'.length);
}

function refusal(code: string, message: string): ReplyFile {
  return { ok: false, error: { code, message } };
}
