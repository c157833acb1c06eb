import type { IncomingHttpHeaders } from 'node:http';
import { type MessagesBody, type Piece, piecesOf, textOf } from './body.ts';
import { type PersonMessage, personMessages } from './person.ts';

export interface ToolCall {
  readonly id: string;
  readonly name: string;
  readonly input: unknown;
  /** Undefined while it runs. Trimmed, without what the SDK adds for the model. */
  readonly result: { readonly text: string; readonly isError: boolean } | undefined;
}

/** One request as a script sees it. "This turn" is everything since the model's last final answer or interruption. */
export interface RehearsalContext {
  /** 1 for the first request for a message. */
  readonly count: number;
  /** What people said in this turn, oldest first; a message repeated by a re-run stands once. */
  readonly person: readonly PersonMessage[];
  /** The newest of them, or ''. */
  readonly text: string;
  /** Every text of the conversation, whoever's, reminders of the SDK included. */
  readonly texts: readonly string[];
  /** The tool calls of this turn, oldest first. */
  readonly toolCalls: readonly ToolCall[];
  /** The results among them, for `if (toolResults.length > 0)`. */
  readonly toolResults: readonly string[];
  readonly toolNames: readonly string[];
  readonly system: string;
  readonly model: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: MessagesBody;
}

export function readConversation(
  body: MessagesBody,
  { count, headers }: { count: number; headers: IncomingHttpHeaders },
): RehearsalContext {
  const turn = piecesOfThisTurn(body);
  const person = newestOfEach(turn.flatMap(saidIn));
  const toolCalls = callsIn(turn);
  return {
    count,
    person,
    text: person.at(-1)?.text ?? '',
    texts: body.messages.flatMap(({ role, content }) =>
      piecesOf(role, content).flatMap((piece) => ('text' in piece ? piece.text : [])),
    ),
    toolCalls,
    toolResults: toolCalls.flatMap(({ result }) => result?.text ?? []),
    toolNames: body.tools.map((tool) => tool.name ?? tool.type ?? ''),
    system: textOf(body.system),
    model: body.model,
    headers,
    body,
  };
}

function piecesOfThisTurn(body: MessagesBody): Piece[] {
  let turn: Piece[] = [];
  for (const { role, content } of body.messages) {
    const pieces = piecesOf(role, content);
    const final = role === 'assistant' && !pieces.some(({ type }) => type === 'tool_use');
    if (final) {
      turn = [];
      continue;
    }
    for (const piece of pieces) {
      const interrupted =
        piece.type === 'text' && piece.role === 'user' && piece.text.startsWith('[Request interrupted by user');
      if (interrupted) turn = [];
      else turn.push(piece);
    }
  }
  return turn;
}

function saidIn(piece: Piece): PersonMessage[] {
  if (piece.type === 'tool_use') return [];
  // In the output of a tool the SDK's words prove nothing, unless they stand in one of its own reminders.
  if (piece.type === 'tool_result') return remindersIn(piece.text).flatMap(queuedIn).flatMap(personMessages);
  if (piece.role === 'user' && !isFromSdk(piece.text)) return personMessages(piece.text);
  return queuedIn(piece.text).flatMap(personMessages);
}

// What the SDK itself writes under the user's name.
function isFromSdk(text: string): boolean {
  return /^\s*<(system-reminder|local-command-\w+|command-name|task-notification)>/.test(text);
}

function remindersIn(text: string): string[] {
  return [...text.matchAll(/<system-reminder>([\s\S]*?)<\/system-reminder>/g)].map(([, inside = '']) => inside);
}

/** Messages sent while a turn ran: newer models get them as a system entry, older ones behind a tool's result. */
function queuedIn(text: string): string[] {
  const [, ...queued] = text.split('The user sent a new message while you were working:\n');
  return queued.map(
    (message) => message.split(/\n\nThis is how Claude Code surfaces|\n<\/system-reminder>/, 1)[0] ?? '',
  );
}

function newestOfEach(said: readonly PersonMessage[]): PersonMessage[] {
  return said.filter(({ id }, index) => id === undefined || said.findLastIndex((other) => other.id === id) === index);
}

function callsIn(turn: readonly Piece[]): ToolCall[] {
  const results = new Map(turn.flatMap((piece) => (piece.type === 'tool_result' ? [[piece.id, piece]] : [])));
  return turn.flatMap((piece) => {
    if (piece.type !== 'tool_use') return [];
    const found = results.get(piece.id);
    const result = found && { text: withoutReminders(found.text), isError: found.isError };
    return [{ id: piece.id, name: piece.name, input: piece.input, result }];
  });
}

function withoutReminders(text: string): string {
  return text.replace(/(\s*<system-reminder>[\s\S]*?<\/system-reminder>)+\s*$/, '').trim();
}
