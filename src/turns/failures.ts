// The table of failing answers: what each means, what people are told, what it costs, and when it goes on. First match
// wins; an unknown answer ends its message. docs/architecture.md shows the same table; a test compares them.
import type { ResultError } from '../../protocol/mailbox.ts';
import type { Cause, Failure } from './causes.ts';
import { type Evidence, evidenceOf } from './evidence.ts';
import { untilInWords } from './until.ts';

type Waiting = Exclude<Cause, 'no-credential' | 'sandbox' | 'disk' | 'budget'>;
type Words = (e: Evidence) => string;

interface Common {
  /** What the documents call it. */
  readonly name: string;
  readonly when: (e: Evidence) => boolean;
}

export type Row =
  /** Nothing is wrong with the message: it waits, unspent, and goes on by itself or when a setting changes. */
  | (Common & { readonly outcome: 'waits'; readonly cause: Waiting; readonly chat: Words; readonly owner: Words })
  /**
   * The message is at its end, unspent are those behind it. `session`: what the conversation has to do with it. `suspect`:
   * it may be what the API refuses, `spoilt`: it is, `full`: there is no room in it, `tainted`: it must not hold this message.
   */
  | (Common & {
      readonly outcome: 'ends';
      readonly reason: Words;
      readonly cure: Words;
      readonly session?: 'suspect' | 'spoilt' | 'full' | 'tainted';
    })
  /** The agent failed, perhaps by chance: the message is tried again, six times at most. */
  | (Common & { readonly outcome: 'tries'; readonly reason: Words });

const at = ({ host }: Evidence) => (host === undefined ? '' : ` at ${host}`);
const error = ({ status }: Evidence) => (status === undefined ? '' : ` (error ${status})`);
/** The number and the server's own words, for the owner. */
const verbatim = ({ status, words }: Evidence) => {
  const parts = [status === undefined ? [] : `error ${status}`, words === '' ? [] : `“${words}”`].flat();
  return parts.length === 0 ? '' : ` (${parts.join(': ')})`;
};
const statusIn = (e: Evidence, ...statuses: readonly number[]) => e.status !== undefined && statuses.includes(e.status);
const badRequest = (e: Evidence) => statusIn(e, 400, 422) || e.type === 'invalid_request_error';
const again = 'Say it in other words if you still need it.';
const startAgain = 'and start me again';

/** Of an account or a plan. */
const limits: readonly Row[] = [
  {
    name: 'a plan’s limit: 429 with its reset, “usage limit reached”',
    when: (e) =>
      e.planEnds !== undefined || /usage limit reached|hit your .*limit|reached your specified .*limits/i.test(e.words),
    outcome: 'waits',
    cause: 'limit',
    chat: (e) => limit('My limit at the model', e),
    owner: (e) => limit('Your plan’s limit', e),
  },
  {
    name: 'no credit: 402, 400 “credit balance is too low”, a spending limit',
    when: (e) =>
      e.status === 402 ||
      e.reason === 'billing_error' ||
      /credit balance|purchase credits|billing|payment|spend(ing)? limit|insufficient (quota|balance|funds|credit)/i.test(
        e.words,
      ),
    outcome: 'waits',
    cause: 'billing',
    chat: (e) => `The account that pays for the model ${spent(e)}.`,
    owner: (e) =>
      `The account that pays for the model ${spent(e)}${verbatim(e)}. Change that where you got the key (Anthropic: console.anthropic.com, Billing), or put another key into .env ${startAgain}. I look again every 15 minutes.`,
  },
];

/** Of a setting: it is changed, or nothing helps. */
const settings: readonly Row[] = [
  {
    name: 'the model does not exist: 404 `not_found_error`, 400 “not a valid model”',
    when: (e) => !e.strange && (e.status === 404 || (badRequest(e) && isOfModel(e.words))),
    outcome: 'waits',
    cause: 'model',
    chat: (e) => `The model ${nameOfModel(e)}does not exist, or is not open to me.`,
    owner: (e) =>
      `The model ${nameOfModel(e)}does not exist for this key: say \`/model NAME\` here, or set MODEL in .env ${startAgain}.`,
  },
  {
    name: 'not a model’s answer: HTML, a redirect, an empty body, other JSON; 404, 405',
    when: (e) =>
      e.strange === 'page'
        ? (e.status ?? 200) < 500 && !statusIn(e, 413, 429)
        : e.strange !== undefined && ((e.status ?? 200) < 400 || statusIn(e, 404, 405)),
    outcome: 'waits',
    cause: 'address',
    chat: () => 'Something else answers in place of the model.',
    owner: (e) =>
      `What answers${at(e) || ' in place of the model'} is no model: it sent ${sent(e)}${error(e)}. Either a proxy, firewall or login page stands between, or ANTHROPIC_BASE_URL is wrong: correct it in .env ${startAgain}. Until then I go on trying.`,
  },
  {
    name: 'a region that is not served: 403 “Request not allowed”',
    when: (e) => e.status === 403 && /request not allowed|(country|region|territory)/i.test(e.words),
    outcome: 'waits',
    cause: 'credential',
    chat: () => 'The model takes no requests from where I am.',
    owner: (e) =>
      `The model’s server takes no requests from this network or country${verbatim(e)}: use a network that it serves, or another address in ANTHROPIC_BASE_URL, ${startAgain}.`,
  },
  {
    name: 'the organisation or account is disabled',
    when: (e) => /disabled organi[sz]ation|organi[sz]ation .*disabled|account .*(disabled|on hold)/i.test(e.words),
    outcome: 'waits',
    cause: 'credential',
    chat: () => 'The model does not let me in just now.',
    owner: (e) =>
      `The organisation my key belongs to is disabled${error(e)}: ask its owner, or put another key into .env ${startAgain}.`,
  },
  {
    name: 'an expired or revoked token: 401, 403 with “OAuth token”',
    when: (e) => statusIn(e, 401, 403) && /oauth/i.test(e.words),
    outcome: 'waits',
    cause: 'credential',
    chat: () => 'The model does not let me in just now.',
    owner: (e) =>
      `The model refused my credential${verbatim(e)}: get a new token with \`claude setup-token\`, put it into .env ${startAgain}.`,
  },
  {
    name: 'a refused key: 401, 403 `permission_error`',
    when: (e) => statusIn(e, 401, 403) || e.code === 'credential',
    outcome: 'waits',
    cause: 'credential',
    chat: () => 'The model does not let me in just now.',
    owner: (e) => `The model refused my credential${verbatim(e)}: put a valid key into .env ${startAgain}.`,
  },
];

/** Of the message or of the conversation it stands in. */
const refusals: readonly Row[] = [
  {
    name: 'declined: stop reason `refusal`',
    // The SDK's words, from a runner that does not tell the stop reason.
    when: (e) =>
      e.stop === 'refusal' || /can.t help with this|safeguards (flagged|stopped)|usage policy/i.test(e.words),
    outcome: 'ends',
    session: 'tainted',
    reason: () => 'the model declined to answer it',
    cure: () => `${again} For what follows I have begun a new conversation.`,
  },
  {
    name: 'filtered: an error in the stream, “content filtering policy”',
    when: (e) => /content filter/i.test(e.words),
    outcome: 'ends',
    reason: () => 'the model’s filter held back its own answer',
    cure: () => again,
  },
  {
    name: 'too long: 400 “prompt is too long”, “exceed context limit”',
    when: (e) => e.code === 'prompt-too-long' || (badRequest(e) && isTooLong(e.words)),
    outcome: 'ends',
    session: 'spoilt',
    reason: () => 'it is too long for the model, with all that goes with it',
    cure: () => 'Send less at once, or as a file that I can read piece by piece.',
  },
  {
    name: 'too large: 413',
    when: (e) => e.status === 413,
    outcome: 'ends',
    session: 'spoilt',
    reason: () => 'it is too large for the model’s server, with the pictures and files of our conversation',
    cure: () => 'Send smaller pictures or files, and fewer at once.',
  },
  {
    name: 'a conversation the API refuses: 400 on `tool_use`, `tool_result`, `thinking`, `signature`',
    when: (e) => badRequest(e) && /tool[_ ]use|tool[_ ]result|thinking|signature/i.test(e.words),
    outcome: 'ends',
    session: 'spoilt',
    reason: () => 'the model refuses what was said and done around it',
    cure: () => again,
  },
  {
    name: 'a picture: 400 “image exceeds”, “Could not process image”',
    when: (e) => badRequest(e) && /image|picture|pdf|document/i.test(e.words),
    outcome: 'ends',
    session: 'suspect',
    reason: ({ words }) =>
      /large|exceed|dimension|size/i.test(words)
        ? 'a picture or document in it is too large for the model'
        : 'the model could not read a picture or document in it',
    cure: () => 'Send it smaller, or as another kind of file.',
  },
  {
    name: 'a full context window: stop reason `model_context_window_exceeded`',
    when: (e) => e.reason === 'max_output_tokens' && /context window/i.test(e.words),
    outcome: 'ends',
    session: 'full',
    reason: () => 'it fills all the room the model has',
    cure: () => 'Ask for less at once.',
  },
  {
    name: 'the output limit before the first word: stop reason `max_tokens`',
    when: (e) => e.reason === 'max_output_tokens',
    outcome: 'ends',
    reason: () => 'the model reached the limit of one answer before it had said a word',
    cure: () => 'Ask for less at once.',
  },
  {
    name: 'the SDK’s own limits of turns and dollars',
    when: (e) => /max(imum)?[_ ](number of )?(turns|budget)/i.test(e.words),
    outcome: 'ends',
    reason: () => 'it took more steps than I may take at one go',
    cure: () => 'Ask for a part of it.',
  },
];

/** Of the moment. */
const moments: readonly Row[] = [
  {
    name: 'a rate limit: 429, `rate_limit_error`',
    when: (e) => e.status === 429 || e.type === 'rate_limit_error' || e.reason === 'rate_limit',
    outcome: 'waits',
    cause: 'overloaded',
    chat: (e) => rateLimited('The model takes no more requests from me', e),
    owner: (e) => rateLimited('The model takes no more requests from me', e, verbatim(e)),
  },
  {
    name: 'overloaded: 529, 503, `overloaded_error`',
    when: (e) => statusIn(e, 503, 529) || e.type === 'overloaded_error',
    outcome: 'waits',
    cause: 'overloaded',
    chat: () => 'The model is overloaded right now.',
    owner: (e) => `The model is overloaded right now${error(e)}. I go on trying.`,
  },
  {
    name: 'unreachable: connection refused, unknown host, bad certificate, silence, cut off; 502, 504',
    when: (e) => e.lost !== undefined || statusIn(e, 502, 504) || e.code === 'network',
    outcome: 'waits',
    cause: 'network',
    chat: () => 'I cannot reach the model right now.',
    owner: (e) => `I cannot reach the model${at(e)}${e.lost === undefined ? error(e) : ''}${lost(e)}. I go on trying.`,
  },
  {
    name: 'a server error: 500, 520 to 527, 408, 409, `api_error`',
    when: (e) => (e.status ?? 0) >= 500 || statusIn(e, 408, 409) || e.type === 'api_error' || e.code === 'overloaded',
    outcome: 'waits',
    cause: 'overloaded',
    chat: () => 'The model’s server is in trouble right now.',
    owner: (e) => `The model’s server${at(e)} is in trouble right now${error(e)}. I go on trying.`,
  },
];

const rest: readonly Row[] = [
  {
    name: 'any other answer',
    when: (e) => e.code === 'model' || e.status !== undefined,
    outcome: 'ends',
    session: 'suspect',
    reason: (e) => `the model’s server would not take it${error(e)}`,
    cure: () => again,
  },
  {
    name: 'the agent’s program was killed',
    when: (e) => /SIGKILL|code 137|out of memory/i.test(e.words),
    outcome: 'tries',
    reason: () => 'my agent’s program was killed, perhaps for want of memory',
  },
  { name: 'the agent failed', when: () => true, outcome: 'tries', reason: (e) => e.words || 'my agent gave no reason' },
];

export const failingAnswers: readonly Row[] = [...limits, ...settings, ...refusals, ...moments, ...rest];

/** What the error of a result means for the messages it names. */
export function failureOfResult(
  failed: ResultError | undefined,
  seen: { model: string | undefined; timeZone: string; now: number },
): Failure {
  const e = evidenceOf(failed, seen);
  const row = failingAnswers.find(({ when }) => when(e)) ?? failingAnswers[failingAnswers.length - 1];
  const detail = e.status === undefined ? e.words : `error ${e.status}`;
  switch (row?.outcome) {
    case 'waits':
      return {
        type: 'outside',
        cause: row.cause,
        detail,
        words: { chat: row.chat(e), owner: row.owner(e) },
        untilAt: row.cause === 'limit' ? e.planEnds : row.cause === 'overloaded' ? e.resetsAt : undefined,
      };
    case 'ends': {
      const { session } = row;
      // Where the model stopped by itself the words are the SDK's, and for its own users.
      const words = e.stop === undefined && e.reason !== 'max_output_tokens' ? e.words : '';
      return { type: 'ends', reason: row.reason(e), detail: words, cure: row.cure(e), ...(session && { session }) };
    }
    default:
      return { type: 'message', reason: row?.reason(e) ?? e.words };
  }
}

function limit(whose: string, e: Evidence): string {
  const until = e.planEnds === undefined ? '' : ` until ${untilInWords(e.planEnds, e)}`;
  return until === ''
    ? `${whose} is reached; I look again every 15 minutes.`
    : `${whose} is reached${until}; I go on then by myself.`;
}

function rateLimited(what: string, e: Evidence, verbatim = ''): string {
  const long = e.resetsAt !== undefined && e.resetsAt - e.now > 60_000;
  if (!long || e.resetsAt === undefined) return `${what} for a moment${verbatim}.`;
  return `${what} until ${untilInWords(e.resetsAt, e)}${verbatim}; I go on then by myself.`;
}

function spent({ words }: Evidence): string {
  return /limit/i.test(words) ? 'has reached its spending limit' : 'has no credit left';
}

function isOfModel(words: string): boolean {
  return /not a valid model|(unknown|invalid|unsupported) model|model\b.{0,80}\b(not (found|exist|supported|available)|does(n.t| not) exist)/i.test(
    words,
  );
}

function isTooLong(words: string): boolean {
  return /too long|context (limit|length|window)|too many (input )?tokens/i.test(words);
}

function nameOfModel({ words, model }: Evidence): string {
  const named =
    /model: (\S+)/.exec(words)?.[1] ??
    /(\S+) is not a valid model/.exec(words)?.[1] ??
    /selected model \(([^)]+)\)/.exec(words)?.[1] ??
    model;
  return named === undefined ? '' : `“${named}” `;
}

function sent({ strange }: Evidence): string {
  switch (strange) {
    case 'page':
      return 'a web page';
    case 'empty':
      return 'an empty answer';
    case 'redirect':
      return 'me somewhere else';
    default:
      return 'something that is no message';
  }
}

function lost({ lost: why }: Evidence): string {
  switch (why) {
    case undefined:
      return '';
    case 'ECONNREFUSED':
      return ': nobody listens there. Start what should answer, or correct ANTHROPIC_BASE_URL in .env';
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return ': nothing of that name is known here. See to the network (DNS), or correct ANTHROPIC_BASE_URL in .env';
    case 'silent':
      return ': it took my question and said nothing for two minutes';
    case 'cut':
      return ': the connection broke off before the end of its answer';
    default:
      return /CERT|SSL|TLS/.test(why) ? `: its certificate is not to be trusted (${why})` : ` (${why})`;
  }
}
