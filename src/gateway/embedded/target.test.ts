import { describe, expect, it } from 'vitest';
import { parseAbsoluteForm, parseAuthority } from './target.ts';

describe('host:port', () => {
  it.each([
    ['example.com:443', 'example.com', 443],
    ['EXAMPLE.com.:443', 'example.com', 443],
    ['bücher.example:80', 'xn--bcher-kva.example', 80],
    ['１２７.0.0.1:80', '127.0.0.1', 80],
    ['127.0.0.1:80', '127.0.0.1', 80],
    ['127.1:80', '127.0.0.1', 80],
    ['127.0.0.1.:80', '127.0.0.1', 80],
    ['2130706433:80', '127.0.0.1', 80],
    ['0x7f000001:80', '127.0.0.1', 80],
    ['0x7f.1:80', '127.0.0.1', 80],
    ['0177.0.0.1:80', '127.0.0.1', 80],
    ['017700000001:80', '127.0.0.1', 80],
    ['0:80', '0.0.0.0', 80],
    ['[::1]:80', '::1', 80],
    ['[0:0:0:0:0:0:0:1]:80', '::1', 80],
    ['[::ffff:127.0.0.1]:80', '::ffff:7f00:1', 80],
    ['[2606:4700::1111]:443', '2606:4700::1111', 443],
  ])('%s means %s', (authority, host, port) => expect(parseAuthority(authority)).toEqual({ host, port }));

  it.each([
    '',
    ':443',
    'example.com',
    'example.com:',
    'example.com:0',
    'example.com:65536',
    'example.com:443:80',
    'example.com:44x',
    'example.com:-1',
    'user@example.com:443',
    'example.com#@127.0.0.1:80',
    'example.com/@127.0.0.1:80',
    'example.com\\@127.0.0.1:80',
    'example.com?:80',
    'exa mple.com:80',
    '%31%32%37.0.0.1:80',
    '::1:80',
    '[::1',
    '[::1]',
    '[::1]x:80',
    '[fe80::1%eth0]:80',
    '[fe80::1%25eth0]:80',
    '256.0.0.1:80',
    '1.2.3.4.5:80',
    '.:80',
    'http://example.com:80',
  ])('%s is refused', (authority) => expect(parseAuthority(authority)).toBeUndefined());
});

describe('an absolute-form request line', () => {
  it.each([
    ['http://example.com', 'example.com', 80, '/'],
    ['HTTP://Example.com:8080/A/../b?c=%20d', 'example.com', 8080, '/A/../b?c=%20d'],
    ['http://example.com?x', 'example.com', 80, '/?x'],
    ['http://[::1]:81/x', '::1', 81, '/x'],
    ['http://2130706433/', '127.0.0.1', 80, '/'],
  ])('%s', (url, host, port, path) => {
    expect(parseAbsoluteForm(url)).toMatchObject({ type: 'http', target: { host, port }, path });
  });

  it.each([
    'https://example.com/',
    'ws://example.com/',
    'file:///etc/passwd',
    'gopher://127.0.0.1:6379/_x',
    'http:example.com',
    'http:/example.com/',
    'http:\\\\127.0.0.1/',
    'http:///path',
    'http://user@example.com/',
    'http://public.example@127.0.0.1/',
    'http://127.0.0.1\\@public.example/',
    'http://exa%6dple.com/',
    'http://example.com/#part',
    '*',
    'example.com:80',
  ])('%s is refused', (url) => expect(parseAbsoluteForm(url).type).toBe('bad'));
});
