import { expect, it } from 'vitest';
import { ProxyRules, readProxy } from './proxies.ts';
import { Secret } from './secret.ts';

const proxied = (none: string, host: string, port = 443) =>
  new ProxyRules({ https: new Secret('http://proxy:3128'), none }).of({ protocol: 'https:', host, port }) !== undefined;

it.each([
  ['', 'api.test', true],
  ['*', 'api.test', false],
  ['api.test', 'api.test', false],
  ['API.test.', 'api.TEST.', false],
  ['api.test', 'eu.api.test', false],
  ['api.test', 'notapi.test', true],
  ['.api.test', 'api.test', true],
  ['.api.test', 'eu.api.test', false],
  ['*.api.test', 'eu.api.test', false],
  ['other.test, api.test', 'api.test', false],
  ['other.test api.test', 'api.test', false],
  ['api.test:443', 'api.test', false],
  ['api.test:8443', 'api.test', true],
  ['10.0.0.0/8', '10.1.2.3', false],
  ['10.0.0.0/8', '11.1.2.3', true],
  ['10.1.2.3', '10.1.2.3', false],
  ['10.1.2.3:80', '10.1.2.3', true],
  ['fd00::/8', 'fd00::1', false],
  ['fd00::1', 'fd00::1', false],
  ['[fd00::1]:443', 'fd00::1', false],
  ['[fd00::1]:80', 'fd00::1', true],
  ['10.0.0.0/99', '10.1.2.3', true],
  ['', 'localhost', false],
  ['', '127.0.0.5', false],
  ['', '::1', false],
])('with NO_PROXY=%s, %s goes by the proxy: %s', (none, host, expected) => {
  expect(proxied(none, host)).toBe(expected);
});

it('has one proxy for http and one for https', () => {
  const rules = new ProxyRules({ http: new Secret('a:1'), https: new Secret('https://b') });
  expect(rules.of({ protocol: 'http:', host: 'x.test', port: 80 })).toMatchObject({ host: 'a', port: 1 });
  expect(rules.of({ protocol: 'https:', host: 'x.test', port: 443 })).toMatchObject({ host: 'b', port: 443 });
});

it.each(['socks5://proxy:1080', 'http://', 'not a proxy', 'http://us er:pw@x:99999'])(
  'refuses %s as a proxy without showing it, for a password may be in it',
  (text) => {
    expect(() => readProxy('HTTPS_PROXY', new Secret(text))).toThrow(
      'HTTPS_PROXY is not the address of a proxy that is spoken to by HTTP.',
    );
  },
);
