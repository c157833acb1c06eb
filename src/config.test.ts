import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { expect, test } from 'vitest';
import { tempDirectory } from '../test/temp-directory.ts';
import { readConfig } from './config.ts';

test('the real environment comes before .env, and .env before the defaults', () => {
  using home = tempDirectory();
  writeFileSync(join(home.path, '.env'), 'ASSISTANT_NAME="Bee"\nMAX_CONCURRENT_CONTAINERS=3 # a few\nMODEL=\n');
  const config = readConfig(home.path, {
    environment: { ASSISTANT_NAME: 'Cat', CONTAINER_MEMORY: '' },
    channelSettings: ['TELEGRAM_BOT_TOKEN'],
  });
  expect(config.assistantName).toBe('Cat');
  expect(config.maxContainers).toBe(3);
  expect(config.model).toBeUndefined();
  expect(config.limits.memory).toBe('2g');
  expect(config.idleMs).toBe(1_800_000);
});

test.each([
  ['TZ', 'Mars/Olympus'],
  ['MAX_CONCURRENT_CONTAINERS', '0'],
  ['MAX_CONCURRENT_CONTAINERS', 'many'],
  ['IDLE_TIMEOUT', '-1'],
  ['BUDGET_DAILY_USD', '0'],
  ['BUDGET_DAILY_USD', '-5'],
  ['BUDGET_DAILY_USD', '5 euros'],
  ['CONTAINER_PIDS', '64'],
  ['CONTAINER_MEMORY', 'lots'],
  ['CONTAINER_RUNTIME', 'vm'],
  ['LOG_LEVEL', 'loud'],
  ['PREWARM', '../main'],
  ['PREWARM', 'main,,work'],
  ['ANTHROPIC_BASE_URL', 'ftp://x'],
])('%s=%s stops the start with a sentence that names it', (name, value) => {
  using home = tempDirectory();
  expect(() =>
    readConfig(home.path, { environment: { [name]: value }, channelSettings: ['TELEGRAM_BOT_TOKEN'] }),
  ).toThrow(new RegExp(`^${name} in the environment is not valid`));
});

test.each([
  ['', ['main']],
  ['none', []],
  ['main, work', ['main', 'work']],
])('PREWARM=%s names the groups whose container is made ahead', (value, folders) => {
  using home = tempDirectory();
  expect(readConfig(home.path, { environment: { PREWARM: value } }).prewarm).toEqual(folders);
});

test('an unknown name in .env stops the start, and a near miss is pointed out', () => {
  using home = tempDirectory();
  writeFileSync(join(home.path, '.env'), 'API_KEY=x\n');
  expect(() => readConfig(home.path, { environment: {}, channelSettings: ['TELEGRAM_BOT_TOKEN'] })).toThrow(
    /API_KEY in .*\.env is not a setting/,
  );
});

test.each([
  ['TELEGRAM_TOKEN', 'TELEGRAM_BOT_TOKEN'],
  ['telegram_bot_token', 'TELEGRAM_BOT_TOKEN'],
  ['ANTHROPIC_KEY', 'ANTHROPIC_API_KEY'],
  ['ANTROPIC_API_KEY', 'ANTHROPIC_API_KEY'],
  ['CLAUDE_OAUTH_TOKEN', 'CLAUDE_CODE_OAUTH_TOKEN'],
  ['LOGLEVEL', 'LOG_LEVEL'],
])('%s in .env is asked back as %s, with its line', (wrong, right) => {
  using home = tempDirectory();
  writeFileSync(join(home.path, '.env'), `# mine\n${wrong}=x\n`);
  expect(() => readConfig(home.path, { environment: {}, channelSettings: ['TELEGRAM_BOT_TOKEN'] })).toThrow(
    expect.objectContaining({
      message: expect.stringContaining(`${wrong} in line 2 of `),
      cure: expect.stringContaining(`Did you mean ${right}?`),
    }),
  );
});

test('a placeholder stops the start and says where it stands, in the file and in the environment', () => {
  using home = tempDirectory();
  expect(() => readConfig(home.path, { environment: { ANTHROPIC_API_KEY: 'sk-ant-...' } })).toThrow(
    /^ANTHROPIC_API_KEY in the environment is a placeholder/,
  );
  writeFileSync(join(home.path, '.env'), '\nANTHROPIC_API_KEY=sk-ant-...\n');
  expect(() => readConfig(home.path, { environment: {} })).toThrow(
    /^ANTHROPIC_API_KEY in line 2 of .*\.env is a placeholder/,
  );
});

test('a .env with a secret that others may read is warned about, one without a secret is not', () => {
  using home = tempDirectory();
  const path = join(home.path, '.env');
  writeFileSync(path, 'MODEL=opus\n', { mode: 0o644 });
  expect(readConfig(home.path, { environment: {} }).warnings).toEqual([]);
  writeFileSync(path, 'ANTHROPIC_API_KEY=sk-canary\n');
  expect(readConfig(home.path, { environment: {} }).warnings).toEqual([expect.stringContaining('chmod 600')]);
});

test('a credential prints as ***, however it is printed', () => {
  using home = tempDirectory();
  const config = readConfig(home.path, {
    environment: { ANTHROPIC_API_KEY: 'sk-canary' },
    channelSettings: ['TELEGRAM_BOT_TOKEN'],
  });
  expect(config.credential?.value.open()).toBe('sk-canary');
  expect(
    `${inspect(config, { depth: 9 })} ${JSON.stringify(config)} ${String(config.credential?.value)}`,
  ).not.toContain('canary');
});

test('an empty TZ is none at all: the zone of the system is taken', () => {
  using home = tempDirectory();
  const { timeZone } = readConfig(home.path, { environment: {} });
  const before = process.env['TZ'];
  process.env['TZ'] = '';
  try {
    const { timeZone: withEmpty } = readConfig(home.path);
    expect(new Intl.DateTimeFormat('en', { timeZone: withEmpty }).resolvedOptions().timeZone).toBe(timeZone);
  } finally {
    if (before === undefined) delete process.env['TZ'];
    else process.env['TZ'] = before;
  }
  expect(readConfig(home.path, { environment: { TZ: ':Europe/Berlin' } }).timeZone).toBe('Europe/Berlin');
  expect(readConfig(home.path, { environment: { TZ: ':/etc/localtime' } }).timeZone).toBe(timeZone);
});

test('proxies come from the environment and from .env, in either case, and print as ***', () => {
  using home = tempDirectory();
  writeFileSync(join(home.path, '.env'), 'https_proxy=http://ann:canary@proxy.test:3128\nNO_PROXY=.lan\n');
  const environment = { http_proxy: 'proxy.test:3128', no_proxy: '10.0.0.0/8' };
  const { proxies, ...config } = readConfig(home.path, { environment, channelSettings: [] });
  expect(proxies.https?.open()).toBe('http://ann:canary@proxy.test:3128');
  expect(proxies.http?.open()).toBe('proxy.test:3128');
  expect(proxies.none).toBe('10.0.0.0/8');
  expect(`${inspect({ proxies, config }, { depth: 9 })} ${JSON.stringify(proxies)}`).not.toContain('canary');
  expect(() => readConfig(home.path, { environment: { HTTPS_PROXY: 'socks5://ann:canary@p:1' } })).toThrow(
    /^HTTPS_PROXY in the environment is not the address of a proxy that is spoken to by HTTP\.$/,
  );
});
