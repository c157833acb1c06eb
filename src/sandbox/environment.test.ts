import { expect, test } from 'vitest';
import { runEnvironment } from './environment.ts';

const environment = runEnvironment({
  timeZone: 'Asia/Tokyo',
  gateway: { ANTHROPIC_BASE_URL: 'http://127.0.0.1:3128' },
});

test.each(['HTTP_PROXY', 'HTTPS_PROXY', 'FTP_PROXY', 'ALL_PROXY', 'NO_PROXY'])('%s is set in both cases', (name) => {
  expect(environment[name]).toBeTruthy();
  expect(environment[name.toLowerCase()]).toBe(environment[name]);
});

test('what lies inside is never asked for through the proxy, or the SDK itself would be refused', () => {
  expect(environment['NO_PROXY']?.split(',')).toEqual(expect.arrayContaining(['127.0.0.1', 'localhost', '::1']));
});

test('home, zone and the gateway’s own share are there', () => {
  expect(environment).toMatchObject({
    HOME: '/home/node',
    CLAUDE_CONFIG_DIR: '/home/node/.claude',
    TZ: 'Asia/Tokyo',
    NODE_USE_ENV_PROXY: '1',
    ANTHROPIC_BASE_URL: 'http://127.0.0.1:3128',
  });
});
