/** How long nothing new may be seen of a turn before a line says that it goes on. */
const quietMs = 60_000;
const againMs = 180_000;

/** What is known of a turn that works on an answer. Instants are the clock's. */
export interface Work {
  readonly startedAt: number;
  /** When its text last grew before the person's eyes. */
  readonly visibleAt: number | undefined;
  /** When the last line was shown. */
  readonly toldAt: number | undefined;
  /** The tool that began last. */
  readonly tool: string | undefined;
}

/** The line that is due now, if any: after 60 s in which nothing was to be seen, then every 3 min. */
export function progressLine(work: Work, now: number): string | undefined {
  if (now - (work.visibleAt ?? work.startedAt) < quietMs) return undefined;
  if (work.toldAt !== undefined && now - work.toldAt < againMs) return undefined;
  const what = work.tool === undefined ? '' : `: ${inWords(work.tool)}`;
  return `⏳ working${what} (${Math.max(1, Math.floor((now - work.startedAt) / 60_000))} min)`;
}

/** False for tools that tell a person nothing: how the agent talks to us. */
export function isTelling(tool: string): boolean {
  return !tool.startsWith('mcp__nanoclaw__');
}

function inWords(tool: string): string {
  return words.get(tool) ?? tool;
}

const words = new Map([
  ['Bash', 'running a command'],
  ['WebSearch', 'searching the web'],
  ['WebFetch', 'reading a web page'],
  ['Read', 'working on files'],
  ['Write', 'working on files'],
  ['Edit', 'working on files'],
  ['Glob', 'working on files'],
  ['Grep', 'working on files'],
  ['NotebookEdit', 'working on files'],
  ['Task', 'a helper is at work'],
  ['Agent', 'a helper is at work'],
]);
