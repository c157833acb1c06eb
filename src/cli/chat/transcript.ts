// What a conversation looks like: pure functions from what was said to lines of text.
import { formatTerminal } from '../../text/format/terminal.ts';
import { plainText } from '../../text/plain.ts';
import { cutTo, wrapWords } from './layout.ts';

export interface Look {
  readonly width: number;
  readonly height: number;
  readonly color: boolean;
}

export function faint(text: string, { color }: Look): string {
  return color && text !== '' ? `\u001b[2m${text}\u001b[0m` : text;
}

export function bold(text: string, { color }: Look): string {
  return color && text !== '' ? `\u001b[1m${text}\u001b[0m` : text;
}

export function answerLines(name: string, markdown: string, look: Look): string[] {
  return [bold(plainText(name), look), ...formatTerminal(markdown, look).split('\n'), ''];
}

/** An answer that is still being written. A table whose columns may still change is shown by its last rows alone. */
export function growingLines(name: string, markdown: string, look: Look): string[] {
  const block = lastBlock(markdown);
  const room = Math.max(3, look.height - 8);
  const whole = answerLines(name, markdown, look).slice(0, -1);
  if (!isTable(block)) return whole;
  const before = markdown.slice(0, markdown.length - block.length);
  const fixed = before.trim() === '' ? whole.slice(0, 1) : [...answerLines(name, before, look)];
  const moving = whole.slice(fixed.length);
  if (moving.length <= room) return whole;
  return [...fixed, faint('⋮', look), ...moving.slice(1 - room)];
}

/** What a person said. */
export function saidLines(text: string, look: Look): string[] {
  const lines = plainText(text)
    .split('\n')
    .flatMap((line) => wrapWords(line, look.width - 2));
  return [...lines.map((line, index) => faint(`${index === 0 ? '›' : ' '} ${line}`, look)), ''];
}

export interface Earlier {
  readonly direction: 'in' | 'out';
  readonly sender: string;
  readonly text: string;
}

const mostEarlierLines = 3;

/** The last of what was said before, for whoever comes back. */
export function earlierLines(messages: readonly Earlier[], look: Look): string[] {
  const lines = messages.flatMap(({ direction, sender, text }) => {
    const mark = direction === 'in' ? '› ' : `${plainText(sender)}: `;
    const all = plainText(text)
      .split('\n')
      .filter((line) => line.trim() !== '');
    const shown = all
      .slice(0, mostEarlierLines)
      .map((line, n) => cutTo(n === 0 ? mark + line : `  ${line}`, look.width));
    return all.length > mostEarlierLines ? [...shown, '  …'] : shown;
  });
  return lines.length === 0 ? [] : [...lines.map((line) => faint(line, look)), ''];
}

export interface Work {
  readonly tool: string | undefined;
  readonly sinceMs: number;
  readonly stopping: boolean;
}

const spinner = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'];
export const spinMs = 200;

/** The one line that says what goes on. */
export function workLine(name: string, { tool, sinceMs, stopping }: Work, look: Look): string {
  const sign = spinner[Math.floor(sinceMs / spinMs) % spinner.length];
  const seconds = Math.floor(sinceMs / 1000);
  const what = stopping ? 'Stopping …' : `${tool === undefined ? `${plainText(name)} is typing …` : shortTool(tool)}`;
  const time = seconds === 0 ? '' : ` ${inWords(seconds)}`;
  return faint(cutTo(`${sign} ${what}${time}${stopping ? '' : ' · Esc stops'}`, look.width), look);
}

function inWords(seconds: number): string {
  return seconds < 60 ? `${seconds} s` : `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
}

/** `mcp__server__tool` is `tool (server)`. */
function shortTool(tool: string): string {
  const [, server, name] = /^mcp__(.+?)__(.+)$/.exec(plainText(tool)) ?? [];
  return server === undefined ? plainText(tool) : `${name} (${server})`;
}

function lastBlock(markdown: string): string {
  const fences = markdown.match(/^ {0,3}(```|~~~)/gm)?.length ?? 0;
  if (fences % 2 === 1) return '';
  return markdown.slice(markdown.trimEnd().lastIndexOf('\n\n') + 1).replace(/^\n/, '');
}

function isTable(block: string): boolean {
  return /^[ |:-]*-[ |:-]*\|[ |:-]*$|^[ |:-]*\|[ |:-]*-[ |:-]*$/m.test(block);
}
