import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  inputFileName,
  type MessageInput,
  type RequestFile,
  type ResultFile,
  requestFile,
  resultFile,
  type StatusBody,
  statusBody,
} from '../../../protocol/mailbox.ts';

export interface SayOptions {
  readonly id?: string;
  readonly turnId?: string;
  readonly model?: string;
  readonly chatJid?: string;
  readonly task?: MessageInput['task'];
}

/** The host's side of a mailbox, written by hand. Disposing removes it with all it holds. */
export class HostSide implements Disposable {
  readonly root: string;
  readonly ipc: string;
  #seq = 0;

  constructor(root: string) {
    this.root = root;
    this.ipc = join(root, 'ipc');
    for (const place of ['input', 'replies', 'results', 'messages', 'tasks', 'acks']) {
      mkdirSync(join(this.ipc, place), { recursive: true });
    }
    for (const place of ['group', 'global', 'claude/projects']) mkdirSync(join(root, place), { recursive: true });
  }

  say(text: string, { id = `i${this.#seq}`, turnId = 't1', chatJid = 'terminal:main', model, task }: SayOptions = {}) {
    this.put({ v: 1, type: 'message', id, turnId, chatJid, text, model, task }, id);
    return id;
  }

  interrupt(turnId: string): string {
    const id = `stop${this.#seq}`;
    this.put({ v: 1, type: 'interrupt', id, turnId }, id);
    return id;
  }

  put(value: object, id: string): void {
    this.write(join('input', inputFileName(this.#seq++, id)), JSON.stringify(value));
  }

  write(path: string, text: string): void {
    const target = join(this.ipc, path);
    writeFileSync(`${target}.tmp`, text);
    renameSync(`${target}.tmp`, target);
  }

  /** Finished files (an acknowledgement has a bare name); one under its temporary name is still being written. */
  files(place: string): string[] {
    return readdirSync(join(this.ipc, place))
      .filter((name) => !name.endsWith('.tmp'))
      .sort();
  }

  results(): ResultFile[] {
    return this.files('results').map((name) => resultFile.parse(this.#json(join('results', name))));
  }

  status(): StatusBody | undefined {
    return existsSync(join(this.ipc, 'status.json')) ? statusBody.parse(this.#json('status.json')) : undefined;
  }

  requests(): RequestFile[] {
    return this.files('messages').map((name) => requestFile.parse(this.#json(join('messages', name))));
  }

  [Symbol.dispose](): void {
    rmSync(this.root, { recursive: true, force: true, maxRetries: 5 });
  }

  #json(path: string): unknown {
    return JSON.parse(readFileSync(join(this.ipc, path), 'utf8'));
  }
}
