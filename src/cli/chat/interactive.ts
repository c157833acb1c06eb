// The chat of a person at a terminal: what is said is printed, what grows and what is typed is drawn below it.
import type { ChatEvent } from '../../../protocol/admin.ts';
import type { AdminClient } from '../../admin/client.ts';
import { systemClock } from '../../lib/clock.ts';
import { hasCode, sentenceOf } from '../../model/errors.ts';
import { formatTerminal } from '../../text/format/terminal.ts';
import { type Attached, headerLines } from './banner.ts';
import { keyHelp, slashOf } from './commands.ts';
import { Composer } from './composer.ts';
import type { History } from './history.ts';
import { type Key, readKeys } from './keys.ts';
import { cutTo, rowsOf, wrapWords } from './layout.ts';
import { Screen, type Terminal } from './screen.ts';
import { type Seat, Session } from './session.ts';
import {
  answerLines,
  bold,
  type Earlier,
  earlierLines,
  faint,
  growingLines,
  type Look,
  saidLines,
  spinMs,
  workLine,
} from './transcript.ts';

// Lines that arrive together were pasted together and are one message; nobody types two within this time.
const pasteMs = 15;

export interface InteractiveOptions {
  readonly seat: Seat;
  readonly history: History;
  readonly terminal: Terminal;
  /** What to say beside the host's own notices. */
  readonly notices: readonly string[];
}

export class Interactive {
  readonly #options: InteractiveOptions;
  readonly #screen: Screen;
  readonly #composer: Composer;
  readonly #session: Session;
  readonly #printing: string[] = [];
  /** Said while an answer was growing: printed below it when it is complete. */
  #queued: string[] = [];
  #earlier: readonly Earlier[] = [];
  #leave: () => void = () => undefined;
  #entering: Disposable | undefined;
  #ticking: Disposable | undefined;
  #drawing = false;
  #open = false;
  /** Ctrl-C was pressed just now: the next one at an empty line leaves. */
  #armed = false;
  #hint: string | undefined;

  constructor(options: InteractiveOptions) {
    this.#options = options;
    this.#screen = new Screen(options.terminal);
    this.#composer = new Composer(options.history.read(), () => this.#session.attached?.commands ?? []);
    this.#session = new Session(options.seat, {
      onEvent: (event) => this.#heard(event),
      onGone: () => this.#gone(),
      onAttached: (attached, again) => {
        if (again) this.#note('The host is back.');
        else this.#greet(attached);
      },
      onChange: () => this.#redraw(),
    });
  }

  /** Until the person leaves. True when an answer was still on its way then. */
  async run(client: AdminClient): Promise<boolean> {
    const { input, output } = this.#options.terminal;
    const left = new Promise<void>((resolve) => {
      this.#leave = resolve;
    });
    this.#open = true;
    this.#screen.open();
    const onResize = () => this.#resized();
    output.on('resize', onResize);
    for (const gone of ['end', 'close', 'error'] as const) input.once(gone, () => this.#leave());
    try {
      this.#earlier = await this.#session.earlier(client);
      await this.#session.attach(client);
      using _keys = readKeys(input, (key) => this.#pressed(key));
      await Promise.race([left, this.#session.failed]);
      return this.#session.working;
    } finally {
      output.off('resize', onResize);
      this.#end();
    }
  }

  #greet(attached: Attached): void {
    const look = this.#look;
    const { title, notices } = headerLines(attached, [...new Set([...attached.notices, ...this.#options.notices])]);
    this.#print(
      ...wrapWords(title, look.width).map((line) => bold(line, look)),
      ...notices.flatMap((notice) => formatTerminal(notice, look).split('\n')),
      ...wrapWords('/help · Esc stops an answer · Ctrl-D leaves', look.width).map((line) => faint(line, look)),
      '',
      ...earlierLines(this.#earlier, look),
    );
  }

  get #look(): Look {
    const { width, height, color } = this.#screen;
    return { width, height, color };
  }

  get #name(): string {
    return this.#session.attached?.assistantName ?? '';
  }

  async #heard(event: ChatEvent): Promise<void> {
    if (event.event === 'message') {
      const { keep, quiet } = this.#session.completes(event.key);
      if (keep) this.#freeze();
      if (quiet) this.#print(faint(event.text, this.#look), '');
      else this.#print(...answerLines(this.#name, event.text, this.#look));
      if (!this.#session.draft) this.#printQueued();
    }
    this.#draw();
    // Only what stands on the screen is delivered.
    if (event.event === 'message') await this.#screen.written();
  }

  /** What was seen of an answer that is not completed stays as it is. */
  #freeze(): void {
    const { draft } = this.#session;
    if (draft) this.#print(...growingLines(this.#name, draft.text, this.#look), '');
    this.#session.dropDraft();
    this.#printQueued();
  }

  #printQueued(): void {
    for (const said of this.#queued.splice(0)) this.#print(...saidLines(said, this.#look));
  }

  #gone(): void {
    this.#freeze();
    this.#note(
      'The host has gone away (logs/nanoclaw.log says why). What you type is kept; this chat goes on when it is back.',
    );
  }

  #pressed(key: Key): void {
    if (this.#entering) {
      this.#entering[Symbol.dispose]();
      this.#entering = undefined;
      const more = key.type === 'text' || (key.type === 'key' && key.name === 'enter');
      if (more) this.#composer.press({ type: 'key', name: 'ctrl-j' }, this.#screen.width);
      else this.#enter();
    }
    const wasArmed = this.#armed;
    this.#armed = false;
    this.#hint = undefined;
    this.#act(key, wasArmed);
    this.#redraw();
  }

  #act(key: Key, wasArmed: boolean): void {
    const act = key.type === 'key' ? this.#actOf(key.name, wasArmed) : undefined;
    if (act) act();
    else if (this.#composer.press(key, this.#screen.width) === 'enter') {
      this.#entering = systemClock.after(pasteMs, () => this.#entered());
    }
  }

  /** What a key does beyond the line being typed. */
  #actOf(name: string, wasArmed: boolean): (() => void) | undefined {
    const searching = this.#composer.isSearching;
    switch (name) {
      case 'ctrl-c':
        return () => this.#interrupt(wasArmed);
      case 'ctrl-d':
        return this.#composer.isEmpty && !searching ? () => this.#leave() : undefined;
      case 'ctrl-l':
        return () => this.#screen.clear();
      case 'ctrl-z':
        return () => this.#suspend();
      case 'escape':
        return searching ? undefined : () => this.#stop();
      default:
        return undefined;
    }
  }

  #interrupt(wasArmed: boolean): void {
    const leaves = this.#composer.isEmpty && wasArmed;
    if (this.#composer.isSearching) this.#composer.cancelSearch();
    else if (this.#session.working && !this.#session.stopping) this.#stop();
    else if (leaves) this.#leave();
    else this.#composer.clear();
    this.#armed = true;
    this.#hint = this.#composer.isEmpty ? 'Ctrl-C again leaves.' : 'Ctrl-C again empties the line.';
  }

  #stop(): void {
    if (!this.#session.working || this.#session.stopping) return;
    this.#session.stop().catch((error: unknown) => this.#failed(error));
    this.#freeze();
  }

  #entered(): void {
    this.#entering = undefined;
    this.#enter();
    this.#redraw();
  }

  #enter(): void {
    if (!this.#session.connected) {
      this.#hint = 'Not sent: the host is away. The line is kept.';
      return;
    }
    const taken = this.#composer.take();
    const text = taken?.text.trimEnd() ?? '';
    if (!taken || text.trim() === '') return;
    this.#options.history.add(text);
    const slash = slashOf(text, this.#session.attached?.commands ?? []);
    if (slash.type === 'leave') this.#leave();
    else if (slash.type === 'unknown') this.#unknown(slash);
    else if (text === '/stop' && this.#session.working) this.#stop();
    else this.#say(text, { shown: taken.shown, help: slash.type === 'help' });
  }

  #unknown({ name, nearest }: { name: string; nearest: string | undefined }): void {
    const meant = nearest === undefined ? 'See /help.' : `Did you mean /${nearest}?`;
    this.#note(`There is no /${name}. ${meant} Put a space before it to send it as a message.`);
  }

  #say(text: string, { shown, help }: { shown: string; help: boolean }): void {
    if (this.#session.draft?.complete) this.#freeze();
    if (this.#session.draft) this.#queued.push(shown);
    else this.#print(...saidLines(shown, this.#look));
    if (help) this.#note(...keyHelp);
    this.#session.say(text).then(
      (state) => this.#settled(state),
      (error: unknown) => {
        if (this.#composer.isEmpty) this.#composer.restore(text);
        this.#failed(error);
      },
    );
  }

  #settled(state: string): void {
    const wake = this.#session.attached?.trigger ?? '';
    if (state === 'kept') this.#note(`Kept, not answered: begin with ${wake} to wake the group.`);
    this.#redraw();
  }

  #failed(error: unknown): void {
    // That the host has gone was said already.
    this.#note(hasCode(error, 'admin.closed') ? 'It may not have been sent.' : sentenceOf(error));
  }

  #note(...lines: readonly string[]): void {
    const wrapped = lines.flatMap((line) => wrapWords(line, this.#screen.width));
    this.#print(...wrapped.map((line) => faint(line, this.#look)), '');
  }

  #print(...lines: readonly string[]): void {
    this.#printing.push(...lines);
    this.#redraw();
  }

  /** Soon, and once for all that happens now. */
  #redraw(): void {
    if (this.#drawing) return;
    this.#drawing = true;
    queueMicrotask(() => this.#draw());
  }

  #draw(): void {
    this.#drawing = false;
    if (!this.#open) return;
    const look = this.#look;
    const { draft, work } = this.#session;
    const live: string[] = [];
    if (draft) live.push(...growingLines(this.#name, draft.text, look), '');
    for (const said of this.#queued) live.push(...saidLines(said, look).slice(0, -1));
    if (work) live.push(workLine(this.#name, work, look));
    const above = rowsOf(live, look.width);
    const view = this.#composer.view(look.width, Math.max(1, Math.min(10, look.height - 4)));
    const hint = this.#hint ?? view.hint;
    const rows = [...above, ...view.rows.map((text) => ({ text }))];
    if (hint !== undefined) rows.push(...rowsOf([faint(cutTo(hint, look.width), look)], look.width));
    const cursor = { row: above.length + view.cursor.row, before: view.cursor.before };
    this.#screen.draw(rows, { cursor, printed: rowsOf(this.#printing.splice(0), look.width) });
    this.#ticking ??= work && systemClock.after(spinMs, () => this.#tick());
  }

  #tick(): void {
    this.#ticking = undefined;
    this.#draw();
  }

  #resized(): void {
    this.#screen.resized();
    this.#redraw();
  }

  /** The whole job, the shell that waits for `npm` included. */
  #suspend(): void {
    this.#end();
    process.kill(0, 'SIGTSTP');
    // Not at once: the stop may come a moment later, and would leave the shell without its keyboard.
    systemClock.after(100, () => {
      this.#open = true;
      this.#screen.open();
      this.#redraw();
    });
  }

  #end(): void {
    this.#freeze();
    this.#screen.draw([{ text: '' }], {
      cursor: { row: 0, before: '' },
      printed: rowsOf(this.#printing.splice(0), this.#look.width),
    });
    this.#screen.close();
    this.#open = false;
    this.#ticking?.[Symbol.dispose]();
    this.#ticking = undefined;
  }
}
