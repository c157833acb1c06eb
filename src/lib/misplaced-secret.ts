// Keys and tokens say by their shape whose they are. One that cannot work is told before it is sent anywhere.

/** What is wrong with the value of a secret setting, and what to do; undefined when nothing can be seen. Never repeats the value. */
export function misplacedSecret(name: string, value: string): { says: string; cure: string } | undefined {
  if (!/_(KEY|TOKEN)$/.test(name)) return undefined;
  if (placeholders.some((pattern) => pattern.test(value))) {
    return { says: 'is a placeholder, not a real value', cure: 'Put the real one in its place, or remove the line.' };
  }
  const kind = kinds.find(({ shape }) => shape.test(value));
  if (kind && kind.belongs !== name && kinds.some(({ belongs }) => belongs === name)) {
    const cure = kind.belongs ? `Set ${kind.belongs} to it instead.` : 'Put a key of the right kind there.';
    return { says: `is ${kind.what}`, cure };
  }
  if (/[^\x21-\x7e]|["'`\\]/.test(value)) {
    return {
      says: 'holds a blank, a quote or another sign that no token has',
      cure: 'Copy it again, as one piece and without anything around it.',
    };
  }
  return undefined;
}

const placeholders = [
  /\.\.\.|…/,
  /^<.*>$|^\[.*\]$|^\$?\{.*\}$|^\$\w+$/,
  /your[-_ ]?(\w+[-_ ])*(key|token)|(key|token)[-_ ]here$/i,
  /^(x+|\*+|change[-_]?me|todo|null|undefined|placeholder)$/i,
  /^(sk-ant-(api03-|oat01-)?|xoxb-|xapp-)(x+|\**)$/i,
];

const kinds: readonly { shape: RegExp; what: string; belongs: string | undefined }[] = [
  { shape: /^sk-ant-oat/, what: 'the token of a Claude subscription', belongs: 'CLAUDE_CODE_OAUTH_TOKEN' },
  { shape: /^sk-ant-admin/, what: 'an admin key, which cannot ask a model', belongs: undefined },
  { shape: /^sk-ant-api/, what: 'an API key', belongs: 'ANTHROPIC_API_KEY' },
  { shape: /^\d{6,}:[\w-]{30,}$/, what: 'the token of a Telegram bot', belongs: 'TELEGRAM_BOT_TOKEN' },
  { shape: /^xoxb-/, what: 'the bot token of a Slack app', belongs: 'SLACK_BOT_TOKEN' },
  { shape: /^xapp-/, what: 'the app-level token of a Slack app', belongs: 'SLACK_APP_TOKEN' },
];
