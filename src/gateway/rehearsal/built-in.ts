import type { RehearsalContext, ToolCall } from './conversation.ts';
import type { PersonMessage } from './person.ts';
import { type Block, inOneAnswer, type Pace, type Reply, say } from './reply.ts';

/** Last line of every answer, so that nobody takes it for Claude's. */
const mark = '— rehearsal model';

const sendMessage = 'mcp__nanoclaw__send_message';
const mostNumbers = 1000;

const help = `I am the rehearsal model built into NanoClaw. I stand in for Claude while there is no credential, so that everything else can be tried. Type one of these:
- hello: I greet you
- run: COMMAND: I run it with Bash in my sandbox and show what it prints
- say: TEXT: I send it as a message of its own
- count: N: I count slowly, to watch streaming and try stopping me
- anything else: I repeat it
To talk to Claude, add a line ANTHROPIC_API_KEY=… to the file .env, then start NanoClaw again.`;

/** What one message asks for: a call still to be made, a call that runs, or its paragraph of the answer. */
type Step =
  | { readonly type: 'call'; readonly block: Block }
  | { readonly type: 'wait' }
  | { readonly type: 'answer'; readonly text: string; readonly pace?: Pace };

/** How the rehearsal model answers without a script: tool calls first, then one paragraph for each message. */
export function builtInReply(context: RehearsalContext): Reply {
  if (/^CRITICAL: Respond with TEXT ONLY[\s\S]*<summary>/.test(context.text)) {
    return say('<summary>\nThe person tried the rehearsal model; there is nothing else to remember.\n</summary>');
  }
  const unused = [...context.toolCalls];
  const steps = context.person.map((message) => stepFor(message, context, unused));
  const calls = steps.flatMap((step) => (step.type === 'call' ? step.block : []));
  if (calls.length > 0) return inOneAnswer(calls);
  const answers = steps.flatMap((step) => (step.type === 'answer' ? step : []));
  if (answers.length === 0) answers.push({ type: 'answer', text: 'There is nothing new for me to answer.' });
  // One block: the SDK takes the last one alone for the result.
  const text = [...answers.map((answer) => answer.text), mark].join('\n\n');
  return say(text, answers.find(({ pace }) => pace !== undefined)?.pace);
}

function stepFor({ text, sender }: PersonMessage, context: RehearsalContext, unused: ToolCall[]): Step {
  // In a group the message begins with the assistant's name.
  const asked = text.replace(/^@\S+\s+/, '').trim();
  const [, word = '', rest = ''] = /^(run|say|count):\s*([\s\S]*)$/i.exec(asked) ?? [];
  switch (word.toLowerCase()) {
    case 'run':
      if (rest === '') return answer('Tell me what to run, for example: run: uname -n');
      if (!context.toolNames.includes('Bash')) return answer('I have no Bash tool here.');
      return afterTool(
        'Bash',
        { command: rest, description: 'Run what the person typed' },
        { unused, show: ({ text }) => text },
      );
    case 'say':
      if (rest === '') return answer('Tell me what to say, for example: say: hello');
      return afterTool(
        sendMessage,
        { text: rest },
        { unused, show: (result) => (result.isError ? `It could not be said: ${result.text}` : 'Said it.') },
      );
    case 'count':
      return count(rest);
    default:
      return answer(chat(asked, sender) ?? `You said: ${text}`);
  }
}

function chat(asked: string, sender: string | undefined): string | undefined {
  if (/^(hello|hi|hey)( \S+)?[\s!.,]*$/i.test(asked)) {
    return `Hello${sender === undefined || sender === 'You' ? '' : ` ${sender}`}! I am the rehearsal model built into NanoClaw, standing in for Claude. Type help to see what I can do.`;
  }
  if (/^(help|\/help|\?|(who|what) are you)[\s?!.]*$/i.test(asked)) return help;
  return undefined;
}

function count(rest: string): Step {
  const most = Math.min(Number.parseInt(rest, 10), mostNumbers);
  if (!(most >= 1)) return answer('Tell me how far, for example: count: 20');
  const numbers = Array.from({ length: most }, (_, index) => String(index + 1));
  return { type: 'answer', text: numbers.join('\n'), pace: { chunk: 'line', gapMs: 250 } };
}

function afterTool(
  name: string,
  input: Readonly<Record<string, string>>,
  { unused, show }: { unused: ToolCall[]; show: (result: { text: string; isError: boolean }) => string },
): Step {
  // The same command typed twice is two calls: each message takes the first that nobody took yet.
  const index = unused.findIndex((call) => call.name === name && sameInput(call.input, input));
  const [made] = index < 0 ? [] : unused.splice(index, 1);
  if (made === undefined) return { type: 'call', block: { type: 'tool_use', name, input } };
  return made.result === undefined ? { type: 'wait' } : answer(show(made.result));
}

/** The SDK may have added to what we sent, never changed it. */
function sameInput(seen: unknown, sent: Readonly<Record<string, string>>): boolean {
  const entries = new Map<string, unknown>(typeof seen === 'object' && seen !== null ? Object.entries(seen) : []);
  return Object.entries(sent).every(([key, value]) => entries.get(key) === value);
}

function answer(text: string): Step {
  return { type: 'answer', text };
}
