// The chat of a person at a terminal.
import type { ChatEvent } from '../../../protocol/admin.ts';
import type { AdminClient } from '../../admin/client.ts';
import { systemClock } from '../../lib/clock.ts';
import { hasCode, NanoclawError, sentenceOf } from '../../model/errors.ts';
import { formatTerminal } from '../../text/format/terminal.ts';
import { type Attached, bannerLine } from './banner.ts';
import type { History } from './history.ts';
import { Screen, type Terminal } from './screen.ts';

// Lines that arrive together were pasted together and are one message; nobody types two within this time.
const pasteMs = 15;

export interface InteractiveOptions {
  readonly attached: Attached;
  readonly notices: readonly string[];
  readonly history: History;
  readonly terminal: Terminal;
}

export class Interactive {
  readonly #host: AdminClient;
  readonly #attached: Attached;
  readonly #notices: readonly string[];
  readonly #history: History;
  readonly #screen: Screen;
  #pasted: string[] = [];
  #flushing: Disposable | undefined;
  #typing = false;
  #hinted = false;

  constructor(host: AdminClient, options: InteractiveOptions) {
    this.#host = host;
    this.#attached = options.attached;
    this.#notices = options.notices;
    this.#history = options.history;
    this.#screen = new Screen(options.terminal, options.history.read());
  }

  /** Until the person leaves. Throws `admin.closed` when the host goes away. */
  async run(): Promise<void> {
    const { line } = this.#screen;
    const left = new Promise<'left'>((resolve) => line.once('close', () => resolve('left')));
    line.on('line', (text) => this.#typed(text));
    line.on('SIGINT', () => this.#interrupted());
    using _events = this.#host.onEvent((event) => this.#heard(event));
    this.#greet();
    const end = await Promise.race([left, this.#host.closed.then(() => 'gone' as const)]);
    line.close();
    this.#screen.write('\n');
    if (end === 'gone') {
      throw new NanoclawError('admin.closed', 'The host has gone away.', {
        cure: 'logs/nanoclaw.log says why; start it again: npm start.',
      });
    }
  }

  #greet(): void {
    this.#screen.line.setPrompt(this.#promptText());
    const notices = this.#notices.map((notice) => formatTerminal(notice, this.#screen));
    const lines = [this.#screen.bold(bannerLine(this.#attached)), ...notices];
    this.#screen.show(`${lines.join('\n')}\n${this.#screen.faint('Ctrl-D leaves.')}\n`);
  }

  #heard(event: ChatEvent): void {
    if (event.event === 'message') {
      const text = formatTerminal(event.text, this.#screen);
      this.#screen.show(`${this.#screen.bold(this.#attached.assistantName)}\n${text}\n`);
    } else if (event.on !== this.#typing) {
      this.#typing = event.on;
      this.#screen.prompt(this.#promptText());
    }
  }

  #typed(text: string): void {
    this.#hinted = false;
    this.#history.add(text);
    this.#pasted.push(text);
    this.#flushing ??= systemClock.after(pasteMs, () => this.#flush());
  }

  #flush(): void {
    this.#flushing = undefined;
    // What was pasted ended without a line's end: its last line can still be changed, and Enter sends all of it.
    if (this.#screen.line.line !== '') return;
    const text = this.#pasted.join('\n').trim();
    this.#pasted = [];
    if (text !== '') this.#say(text).catch((error: unknown) => this.#failed(error));
    this.#screen.prompt(this.#promptText());
  }

  async #say(text: string): Promise<void> {
    const { message } = await this.#host.call('chat.say', { text });
    const { state } = await this.#host.call('chat.settled', { message });
    const wake = `Kept, not answered: begin with ${this.#attached.trigger} to wake the group.`;
    if (state === 'kept') this.#screen.show(this.#screen.faint(wake));
  }

  #failed(error: unknown): void {
    // That one ends the chat by itself.
    if (!hasCode(error, 'admin.closed')) this.#screen.show(sentenceOf(error));
  }

  #interrupted(): void {
    const { line } = this.#screen;
    if (this.#hinted && line.line === '') {
      line.close();
      return;
    }
    this.#hinted = true;
    this.#pasted = [];
    if (line.line !== '') this.#screen.clearLine();
    this.#screen.show(this.#screen.faint('Ctrl-C again leaves.'));
  }

  #promptText(): string {
    return this.#typing ? `${this.#screen.faint(`${this.#attached.assistantName} is typing …`)} › ` : '› ';
  }
}
