import type { ResultError } from '../../protocol/mailbox.ts';
import type { FailedAnswer } from '../model/failed-answer.ts';
import { endOfLimit } from './until.ts';

/** All that is known of a failing answer: what the gateway saw pass, and what the SDK made of it. */
export interface Evidence {
  readonly host: string | undefined;
  readonly strange: FailedAnswer['strange'];
  readonly lost: FailedAnswer['lost'];
  /** The runner's coarse word. */
  readonly code: ResultError['code'];
  readonly status: number | undefined;
  /** Anthropic's name of the error: `invalid_request_error` … */
  readonly type: string | undefined;
  /** One line of the server's own words, where it said any; else the SDK's. No path, no JSON, no stack. */
  readonly words: string;
  readonly reason: string | undefined;
  readonly stop: string | undefined;
  /** When it may be asked again, as far as the server said. */
  readonly resetsAt: number | undefined;
  /** When a plan's limit ends. */
  readonly planEnds: number | undefined;
  /** What was asked for. */
  readonly model: string | undefined;
  readonly timeZone: string;
  readonly now: number;
}

/** Later than this no limit ends: the number means something else. */
const longestLimitMs = 40 * 86_400_000;

export function evidenceOf(
  error: ResultError | undefined,
  seen: { model: string | undefined; timeZone: string; now: number },
): Evidence {
  const { model, timeZone, now } = seen;
  const { code = 'agent', message = '', reason, stop } = error ?? {};
  // An answer of another request, of a subagent or an earlier one, says nothing about this result.
  const own = code !== 'agent' && code !== 'session' && stop === undefined;
  const fits = own && (error?.status === undefined || error.answer?.status === error.status);
  const answer = fits ? error?.answer : undefined;
  const said = answer?.error?.message;
  const whole = said ?? message;
  const within = (instant: number | undefined) =>
    instant !== undefined && instant > now && instant - now < longestLimitMs ? instant : undefined;
  const told = endOfLimit(whole, { now, timeZone });
  return {
    ...{ code, reason, stop, model, timeZone, now },
    status: error?.status ?? (answer && !answer.error && !answer.strange && !answer.lost ? answer.status : undefined),
    type: answer?.error?.type,
    words: cleaned(whole),
    host: answer?.host,
    strange: answer ? answer.strange : strangeIn(message),
    lost: answer?.lost,
    resetsAt: within(answer?.resetsAt),
    planEnds: within(answer?.plan ? answer.resetsAt : undefined) ?? within(error?.resetsAt) ?? within(told),
  };
}

// The SDK's words where the gateway has seen nothing: another host's, or an older gateway's.
function strangeIn(message: string): FailedAnswer['strange'] {
  if (!/empty or malformed response/.test(message)) return undefined;
  return /HTML page/.test(message) ? 'page' : /empty body/.test(message) ? 'empty' : 'other';
}

/** One line for people: no JSON, no path, no stack, none of the SDK's own prefixes. */
export function cleaned(text: string): string {
  const within = /"message"\s*:\s*"((?:[^"\\]|\\.)*)"/.exec(text)?.[1];
  const [first = ''] = (within ?? text).split(/\n\s*at |\n\n/, 1);
  const line = first
    .replace(/^(Failed to authenticate[.:]?\s*)?(API Error:?\s*)(Request rejected \(429\) · )?(\d{3}\s+)?/i, '')
    .replace(/This is a server-side issue, usually temporary.*/s, '')
    .replace(/[{[]\s*["{][\s\S]*/, '')
    .replace(/(?<![\w:/.])\/(?:[\w.@-]+\/)+[\w.@-]*/g, '…')
    .replace(/\s+/g, ' ')
    .trim()
    .replace(/[.·\s]+$/, '');
  return line.length > 200 ? `${line.slice(0, 200).toWellFormed()}…` : line;
}
