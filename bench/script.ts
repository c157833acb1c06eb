import type { Script } from '../src/gateway/rehearsal/rehearsal.ts';
import { callTool, say } from '../src/gateway/rehearsal/reply.ts';
import { writePrompt } from '../src/turns/prompt.ts';

/** What is said in the chat, to be answered at once; and what makes the agent say something of its own first. */
export const plain = 'Is it going to rain in the mountains this afternoon?';
export const tell = 'Tell me first that you are looking, then whether it rains.';

/** The model of every row: no thinking, no waiting. */
export const script: Script = ({ text, toolResults }) => {
  if (text !== tell || toolResults.length > 0) return say('No, it stays dry until nine.');
  return callTool('mcp__nanoclaw__send_message', { text: 'I am looking.' });
};

/** What our agent is given for a text said in the chat, for those who have no host that writes it. */
export function promptOf(text: string): string {
  const now = Date.now();
  return writePrompt(
    [
      {
        seq: 1,
        jid: 'tg:1',
        direction: 'in',
        kind: 'message',
        platformId: '1',
        thread: undefined,
        senderId: 'ann',
        senderName: 'Ann',
        role: 'member',
        text,
        sentAt: now,
        replyTo: undefined,
      },
    ],
    { timeZone: 'Europe/Berlin', now, omitted: 0, egress: 'llm-only', earlier: undefined },
  );
}
