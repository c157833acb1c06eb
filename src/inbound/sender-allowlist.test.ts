import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { tempDirectory } from '../../test/temp-directory.ts';
import { createLog } from '../lib/log.ts';
import { SenderAllowlist } from './sender-allowlist.ts';

const log = createLog('silent', process.stdout);

test('without a file everybody is allowed; an edit counts at the next message', () => {
  using home = tempDirectory();
  const path = join(home.path, 'sender-allowlist.json');
  const list = new SenderAllowlist(path, log);
  expect(list.standingOf('5', 'tg:1')).toBe('allowed');
  writeFileSync(
    path,
    JSON.stringify({ default: { allow: ['5'], mode: 'trigger' }, chats: { 'tg:2': { allow: [], mode: 'drop' } } }),
  );
  expect(list.standingOf('5', 'tg:1')).toBe('allowed');
  expect(list.standingOf('6', 'tg:1')).toBe('context');
  expect(list.standingOf('5', 'tg:2')).toBe('dropped');
});

test.each([
  'not json',
  '{}',
  '{"default":{"allow":"all","mode":"trigger"}}',
  '{"default":{"allow":"*","mode":"trigger"},"chats":{"tg:1":{"allow":3}}}',
])('a broken file (%s) closes the door and says so until it is mended', (text) => {
  using home = tempDirectory();
  const path = join(home.path, 'sender-allowlist.json');
  writeFileSync(path, text);
  const list = new SenderAllowlist(path, log);
  expect(list.standingOf('5', 'tg:1')).toBe('context');
  expect(list.problem).toContain('is broken');
  rmSync(path);
  expect(list.standingOf('5', 'tg:1')).toBe('allowed');
  expect(list.problem).toBeUndefined();
});
