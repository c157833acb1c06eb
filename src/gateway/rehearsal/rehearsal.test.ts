import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createRehearsal, type Rehearsal } from './rehearsal.ts';
import { callTool, cut, fail, hang, inOneAnswer, say } from './reply.ts';
import { serveRehearsal } from './serve.ts';

let rehearsal: Rehearsal;
let served: Awaited<ReturnType<typeof serveRehearsal>>;

beforeEach(async () => {
  rehearsal = createRehearsal();
  served = await serveRehearsal(rehearsal, 0);
});
afterEach(() => served.close());

interface Turn {
  readonly role: string;
  readonly content: unknown;
}

function post(messages: readonly Turn[], options: { stream?: boolean; tools?: string[]; signal?: AbortSignal } = {}) {
  const { stream = false, tools = ['Bash'], signal } = options;
  const body = JSON.stringify({ model: 'claude-x', stream, messages, tools: tools.map((name) => ({ name })) });
  return fetch(`${served.url}/v1/messages?beta=true`, { method: 'POST', body, ...(signal && { signal }) });
}

async function answerTo(...messages: readonly Turn[]): Promise<{
  content: { type: string; text: string; id: string; name: string; input: unknown }[];
  stop_reason: string;
}> {
  return JSON.parse(await (await post(messages)).text());
}

const typed = (...texts: string[]): Turn => {
  const messages = texts.map((text, index) => `<message id="m${index}" sender="Ann">${text}</message>`);
  return { role: 'user', content: [{ type: 'text', text: `<messages>\n${messages.join('\n')}\n</messages>` }] };
};
const result = (id: string | undefined, content: string): Turn => ({
  role: 'user',
  content: [{ type: 'tool_result', tool_use_id: id, content }],
});
const mark = '\n\n— rehearsal model';

describe('the rehearsal model without a script', () => {
  it.each([
    ['hello', /^Hello Ann! I am the rehearsal model/],
    ['&#64;Andy hi!', /^Hello Ann!/],
    ['what are you?', /rehearsal model built into NanoClaw[\s\S]*run: COMMAND[\s\S]*ANTHROPIC_API_KEY=[\s\S]*\.env/],
    ['help', /run: COMMAND/],
    ['hello world, this is long', /^You said: hello world, this is long\n/],
    ['a &lt;b&gt;', /^You said: a <b>\n/],
    ['run:', /^Tell me what to run/],
    ['count: x', /^Tell me how far/],
    ['count: 3', /^1\n2\n3\n/],
  ])('answers %s, marked on the last line', async (text, expected) => {
    const { content, stop_reason } = await answerTo(typed(text));
    expect(content).toHaveLength(1);
    expect(content[0]?.text).toMatch(expected);
    expect(content[0]?.text.endsWith(mark)).toBe(true);
    expect(stop_reason).toBe('end_turn');
  });

  it('runs a command and shows what it printed, unchanged', async () => {
    const question = typed('run: uname -n &amp;&amp; ls');
    const first = await answerTo(question);
    expect(first).toMatchObject({
      stop_reason: 'tool_use',
      content: [{ name: 'Bash', input: { command: 'uname -n && ls' } }],
    });
    const second = await answerTo(
      question,
      { role: 'assistant', content: first.content },
      result(first.content[0]?.id, 'box\n  two  lines\n'),
    );
    expect(second.content).toMatchObject([{ text: `box\n  two  lines${mark}` }]);
  });

  it('says something as a message of its own', async () => {
    const question = typed('say: on my way');
    const first = await answerTo(question);
    expect(first.content).toMatchObject([{ name: 'mcp__nanoclaw__send_message', input: { text: 'on my way' } }]);
    const second = await answerTo(
      question,
      { role: 'assistant', content: first.content },
      result(first.content[0]?.id, 'sent'),
    );
    expect(second.content).toMatchObject([{ text: `Said it.${mark}` }]);
  });

  it('answers each of several messages, in order, after all their tools', async () => {
    const question = typed('hello', 'run: a', 'run: a', 'bye');
    const first = await answerTo(question);
    expect(first.content.map(({ input }) => input)).toMatchObject([{ command: 'a' }, { command: 'a' }]);
    const [one, two] = first.content;
    const results = {
      role: 'user',
      content: [result(two?.id, 'second'), result(one?.id, 'first')].flatMap(({ content }) => content),
    };
    const { content } = await answerTo(question, { role: 'assistant', content: first.content }, results);
    expect(content[0]?.text.split('\n\n').slice(1)).toEqual(['first', 'second', 'You said: bye', '— rehearsal model']);
  });

  it('has no Bash to run anything with where the request has none', async () => {
    const response = await post([typed('run: ls')], { tools: [] });
    expect(await response.text()).toContain('no Bash tool');
  });
});

describe('its wire', () => {
  it('streams events the way Anthropic does', async () => {
    rehearsal.next(
      inOneAnswer([
        { type: 'text', text: 'ab😀cd', chunk: 3 },
        { type: 'tool_use', name: 'Bash', input: { command: 'ls' } },
      ]),
    );
    const response = await post([typed('x')], { stream: true });
    expect(response.headers.get('content-type')).toContain('text/event-stream');
    const text = await response.text();
    const data = [...text.matchAll(/^data: (.*)$/gm)].map(([, json = '']) => JSON.parse(json));
    expect([...text.matchAll(/^event: (.*)$/gm)].map(([, name]) => name)).toEqual(data.map(({ type }) => type));
    expect(data.map(({ type }) => type)).toEqual([
      'message_start',
      'ping',
      ...['content_block_start', 'content_block_delta', 'content_block_delta', 'content_block_stop'],
      ...['content_block_start', 'content_block_delta', 'content_block_stop'],
      'message_delta',
      'message_stop',
    ]);
    expect(data.flatMap(({ delta }) => delta?.text ?? [])).toEqual(['ab😀', 'cd']);
    expect(data.flatMap(({ delta }) => delta?.partial_json ?? []).join('')).toBe('{"command":"ls"}');
    expect(data.find(({ type }) => type === 'message_delta')).toMatchObject({ delta: { stop_reason: 'tool_use' } });
  });

  it('counts tokens, lists models, answers HEAD', async () => {
    const count = await fetch(`${served.url}/v1/messages/count_tokens`, { method: 'POST', body: '{"messages":[]}' });
    expect(await count.json()).toEqual({ input_tokens: expect.any(Number) });
    expect(await (await fetch(`${served.url}/v1/models`)).json()).toMatchObject({ data: [{ type: 'model' }] });
    expect(await (await fetch(`${served.url}/v1/models/m`)).json()).toMatchObject({ id: 'm' });
    expect((await fetch(`${served.url}/`, { method: 'HEAD' })).status).toBe(200);
    expect((await fetch(`${served.url}/else`)).status).toBe(404);
    const bad = await fetch(`${served.url}/v1/messages`, { method: 'POST', body: 'no json' });
    expect(await bad.json()).toMatchObject({ error: { type: 'invalid_request_error' } });
    expect(rehearsal.count).toBe(0);
  });
});

describe('scripts', () => {
  it('come after what is next, before the built-in behaviour', async () => {
    rehearsal.next(say('next'));
    rehearsal.script = ({ text, count }) => (text === 'mine' ? callTool('Read', { count }) : undefined);
    expect((await answerTo(typed('mine'))).content).toMatchObject([{ text: 'next' }]);
    expect((await answerTo(typed('mine'))).content).toMatchObject([{ name: 'Read', input: { count: 2 } }]);
    expect((await answerTo(typed('other'))).content[0]?.text).toContain('You said: other');
    expect(rehearsal.requests.map(({ context }) => context.text)).toEqual(['mine', 'mine', 'other']);
    expect(rehearsal.requests[0]).toMatchObject({
      context: { model: 'claude-x', toolNames: ['Bash'] },
      outcome: 'answered',
    });
  });

  it('can fail as Anthropic does, and a broken script is a 500', async () => {
    rehearsal.next(fail(529), fail(429, { message: 'slow down', headers: { 'retry-after': '7' } }));
    const overloaded = await post([typed('x')]);
    expect([overloaded.status, await overloaded.json()]).toMatchObject([529, { error: { type: 'overloaded_error' } }]);
    const limited = await post([typed('x')]);
    expect(limited.headers.get('retry-after')).toBe('7');
    expect(await limited.json()).toMatchObject({ error: { type: 'rate_limit_error', message: 'slow down' } });
    rehearsal.script = () => {
      throw new Error('my mistake');
    };
    expect(await (await post([typed('x')])).text()).toContain('my mistake');
  });

  it('can cut the connection after so many characters', async () => {
    rehearsal.next(cut('0123456789abcdef', 8));
    const response = await post([typed('x')], { stream: true });
    let seen = '';
    await expect(async () => {
      const decoder = new TextDecoder();
      for await (const chunk of response.body ?? []) seen += decoder.decode(chunk);
    }).rejects.toThrow();
    expect(seen).toContain('01234567');
    expect(seen).not.toContain('89');
    // The server may notice a moment after the client.
    await expect.poll(async () => (await rehearsal.seen(1)).outcome).toBe('broken');
  });

  it('can take a request and never answer, until the client leaves', async () => {
    rehearsal.next(hang());
    const leave = new AbortController();
    const asking = post([typed('x')], { signal: leave.signal });
    const request = await rehearsal.seen(1);
    expect(request.outcome).toBeUndefined();
    leave.abort();
    await expect(asking).rejects.toThrow();
  });

  it('keeps no more requests than asked for', async () => {
    rehearsal = createRehearsal({ remember: 1 });
    await served.close();
    served = await serveRehearsal(rehearsal, 0);
    await answerTo(typed('one'));
    await answerTo(typed('two'));
    expect(rehearsal.requests.map(({ context }) => context.text)).toEqual(['two']);
    expect(rehearsal.count).toBe(2);
    expect((await rehearsal.seen(2)).context.text).toBe('two');
    await expect(rehearsal.seen(3, 20)).rejects.toThrow('2 of 3');
  });

  it('cannot be served on a taken port, and says so', async () => {
    const port = Number(new URL(served.url).port);
    await expect(serveRehearsal(rehearsal, port)).rejects.toMatchObject({ code: 'gateway.cannot-listen' });
  });
});
