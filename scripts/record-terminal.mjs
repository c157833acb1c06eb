#!/usr/bin/env node
// Shows the terminal chat as a person sees it: drives it in tmux, without a credential and in the weaker sandbox, and writes
// what stood on the screen. `node scripts/record-terminal.mjs DIRECTORY [scene …]`. Needs tmux and bubblewrap.
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const bin = path.join(path.dirname(path.dirname(fileURLToPath(import.meta.url))), 'bin', 'nanoclaw.mjs');
const [directory, ...wanted] = process.argv.slice(2);
if (directory === undefined) {
  process.stderr.write('usage: node scripts/record-terminal.mjs DIRECTORY [scene …]\n');
  process.exit(2);
}

/** One person, one home, one terminal. */
class Person {
  #socket = `record-${process.pid}`;
  #root = mkdtempSync(path.join(os.tmpdir(), 'record-'));
  #seen = [];

  open({ columns = 80, rows = 24 } = {}) {
    this.#tmux('-f', '/dev/null', 'new-session', '-d', '-s', 'p', '-x', String(columns), '-y', String(rows), 'sh');
    this.#tmux('set-option', '-g', 'history-limit', '5000');
    this.#tmux('set-option', '-g', 'escape-time', '20');
    const settings = {
      NANOCLAW_HOME: this.#root,
      NANOCLAW_CONFIG_DIR: `${this.#root}/conf`,
      CONTAINER_RUNTIME: 'local',
    };
    const words = Object.entries(settings).map(([name, value]) => `${name}='${value}'`);
    this.type(`export ${words.join(' ')} PS1='$ '; nanoclaw() { '${process.execPath}' '${bin}' "$@"; }; clear`);
    this.press('Enter');
  }

  type(text) {
    this.#tmux('send-keys', '-t', 'p', '-l', text);
  }

  press(...keys) {
    this.#tmux('send-keys', '-t', 'p', ...keys);
  }

  paste(text) {
    const file = path.join(this.#root, 'paste');
    writeFileSync(file, text);
    this.#tmux('load-buffer', file);
    this.#tmux('paste-buffer', '-p', '-t', 'p');
  }

  resize(columns, rows) {
    this.#tmux('resize-window', '-t', 'p', '-x', String(columns), '-y', String(rows));
  }

  screen({ scrollback = false } = {}) {
    return this.#tmux('capture-pane', '-p', '-t', 'p', ...(scrollback ? ['-S', '-'] : [])).trimEnd();
  }

  /** Waits until the screen shows it. */
  async until(what, { within = 90 } = {}) {
    const end = Date.now() + within * 1000;
    while (!what.test(this.screen())) {
      if (Date.now() > end) throw new Error(`${what} was not to be seen within ${within} s:\n${this.screen()}`);
      await sleep(50);
    }
  }

  /** Keeps what stands on the screen now. */
  note(about, options) {
    this.#seen.push(`── ${about}\n${this.screen(options)}\n`);
  }

  async said(text) {
    this.type(text);
    await sleep(100);
    this.press('Enter');
  }

  close(name) {
    writeFileSync(path.join(directory, `${name}.txt`), this.#seen.join('\n'));
    this.#tmux('kill-server');
    // Fails where the host has ended already.
    spawnSync(process.execPath, [bin, 'stop', '--now'], { env: { ...process.env, NANOCLAW_HOME: this.#root } });
  }

  remove() {
    rmSync(this.#root, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
  }

  #tmux(...words) {
    return execFileSync('tmux', ['-L', this.#socket, ...words], { encoding: 'utf8' });
  }
}

const ready = /^›/m;
const answered = /rehearsal model\n+›/;

const scenes = {
  async hello(person) {
    person.open();
    await person.said('nanoclaw start');
    await person.until(ready);
    await person.said('hello');
    await person.until(/typing …/);
    person.note('while it is answered');
    await person.until(answered);
    await person.said('run: sleep 3; echo done');
    await person.until(/Bash 1 s/);
    person.note('a tool at work');
    await person.until(/done\n\n— rehearsal/);
    person.note('answered');
    await person.said('/modl');
    await person.until(/Did you mean/);
    person.note('a command that is not there');
    person.press('C-d');
    await person.until(/\n\$$/);
    person.note('left');
  },
  async stop(person) {
    person.open();
    await person.said('nanoclaw start');
    await person.until(ready);
    await person.said('count: 200');
    await person.until(/^30$/m);
    person.type('half a thought');
    await sleep(300);
    person.note('an answer longer than the screen grows while somebody types');
    person.press('C-c');
    await person.until(/Stopped\./);
    await sleep(1500);
    person.note('Ctrl-C has stopped it, what was typed is still there');
    person.press('C-c');
    await sleep(300);
    person.note('Ctrl-C empties the line, the next one would leave');
    person.press('C-c');
    await person.until(/\n\$$/);
    person.note('all of it, scrolled back', { scrollback: true });
  },
  async paste(person) {
    person.open({ columns: 120, rows: 30 });
    await person.said('nanoclaw start');
    await person.until(ready);
    person.type('What is this? ');
    person.paste(Array.from({ length: 30 }, (_, index) => `line ${index + 1} of what was copied`).join('\n'));
    await person.until(/\[30 lines pasted\]/);
    person.type(' Thanks!');
    await sleep(300);
    person.note('a paste of 30 lines');
    person.press('Enter');
    await person.until(answered);
    person.note('sent as one message, answered');
    person.paste('one\ntwo\nthree');
    await sleep(300);
    person.note('three lines, not sent yet');
    person.press('Enter');
    await person.until(/said: one\s+two\s+three/);
    person.note('one message');
  },
  async forty(person) {
    person.open({ columns: 40, rows: 24 });
    await person.said('nanoclaw start');
    await person.until(ready);
    person.type('日本語のテキストと emoji 👍🏽 in a line that is longer than forty columns');
    await sleep(300);
    person.note('typing');
    person.press('Enter');
    await person.until(/typing …/);
    person.note('working');
    await person.until(answered);
    person.note('answered');
    person.type('one more line that is longer than forty columns are wide');
    person.resize(60, 24);
    await sleep(500);
    person.note('60 columns now');
    person.resize(30, 24);
    await sleep(500);
    person.note('30 columns now');
  },
  async comeback(person) {
    person.open();
    await person.said('nanoclaw start');
    await person.until(ready);
    await person.said('count: 25');
    await person.until(/^3$/m);
    person.press('C-d');
    await person.until(/\n\$$/);
    person.note('left while it counts');
    await sleep(10_000);
    await person.said('clear; nanoclaw start');
    await person.until(/^25$/m);
    await person.until(answered);
    person.note('back: the answer that was finished meanwhile', { scrollback: true });
  },
};

mkdirSync(directory, { recursive: true });
for (const [name, play] of Object.entries(scenes)) {
  if (wanted.length > 0 && !wanted.includes(name)) continue;
  const person = new Person();
  try {
    await play(person);
    process.stdout.write(`${name}: ${path.join(directory, `${name}.txt`)}\n`);
  } finally {
    try {
      person.close(name);
    } catch (error) {
      process.stderr.write(`${name}: ${error.message}\n`);
    }
    person.remove();
  }
}
