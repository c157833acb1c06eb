import { expect, test } from 'vitest';
import { misplacedSecret } from './misplaced-secret.ts';

const oauth = `sk-ant-oat01-${'a1B2'.repeat(10)}`;
const apiKey = `sk-ant-api03-${'a1B2'.repeat(10)}`;
const telegram = `123456789:AAF${'a1B2'.repeat(8)}`;

test.each([
  ['ANTHROPIC_API_KEY', oauth, 'CLAUDE_CODE_OAUTH_TOKEN'],
  ['CLAUDE_CODE_OAUTH_TOKEN', apiKey, 'ANTHROPIC_API_KEY'],
  ['ANTHROPIC_API_KEY', telegram, 'TELEGRAM_BOT_TOKEN'],
  ['TELEGRAM_BOT_TOKEN', apiKey, 'ANTHROPIC_API_KEY'],
  ['SLACK_BOT_TOKEN', 'xapp-1-A0-1-abc', 'SLACK_APP_TOKEN'],
  ['SLACK_APP_TOKEN', 'xoxb-1-2-abc', 'SLACK_BOT_TOKEN'],
  ['ANTHROPIC_API_KEY', 'sk-ant-admin01-abc', 'right kind'],
  ['ANTHROPIC_API_KEY', 'sk-ant-...', 'Put the real one'],
  ['ANTHROPIC_API_KEY', 'your-api-key-here', 'Put the real one'],
  ['ANTHROPIC_API_KEY', '<key>', 'Put the real one'],
  ['ANTHROPIC_API_KEY', 'sk-ant-xxxxxxxx', 'Put the real one'],
  ['ANTHROPIC_API_KEY', '{ANTHROPIC_API_KEY}', 'Put the real one'],
  ['ANTHROPIC_API_KEY', '$ANTHROPIC_API_KEY', 'Put the real one'],
  ['TELEGRAM_BOT_TOKEN', 'your-token-here', 'Put the real one'],
  ['TELEGRAM_BOT_TOKEN', '123456789:AAF…', 'Put the real one'],
  ['TELEGRAM_BOT_TOKEN', 'YOUR_BOT_TOKEN', 'Put the real one'],
  ['ANTHROPIC_API_KEY', `“${apiKey}”`, 'Copy it again'],
  ['ANTHROPIC_API_KEY', `"${apiKey}`, 'Copy it again'],
  ['ANTHROPIC_API_KEY', `sk-ant-api03-a\u200bb`, 'Copy it again'],
  ['ANTHROPIC_API_KEY', 'sk-ant-api03-a b', 'Copy it again'],
])('%s=%s is told with what to do, and never repeated', (name, value, cure) => {
  const wrong = misplacedSecret(name, value);
  expect(wrong?.cure).toContain(cure);
  expect(JSON.stringify(wrong)).not.toContain(value);
});

test.each([
  ['ANTHROPIC_API_KEY', apiKey],
  ['CLAUDE_CODE_OAUTH_TOKEN', oauth],
  ['ANTHROPIC_AUTH_TOKEN', oauth],
  ['ANTHROPIC_AUTH_TOKEN', apiKey],
  ['ANTHROPIC_API_KEY', 'dummy'],
  ['TELEGRAM_BOT_TOKEN', telegram],
  ['ASSISTANT_NAME', 'your token'],
])('%s takes what may be right', (name, value) => {
  expect(misplacedSecret(name, value)).toBeUndefined();
});
