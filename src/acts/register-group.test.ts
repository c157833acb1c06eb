import { lstatSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { channelOf } from '../../test/fixtures/channel-of.ts';
import { tempDirectory } from '../../test/temp-directory.ts';
import { WindableClock } from '../../test/windable-clock.ts';
import type { Group } from '../model/group.ts';
import { Store } from '../store/store.ts';
import { makeFolder, registerGroup } from './register-group.ts';

const rest = { trigger: '@Andy', requiresTrigger: false, model: undefined, allow: [], mounts: [] };
const main: Group = { folder: 'main', name: 'Main', isMain: true, egress: 'open-public', ...rest };
const team: Group = { folder: 'team', name: 'Team', isMain: false, egress: 'llm-only', ...rest };

function open() {
  const home = tempDirectory();
  const groups = join(home.path, 'groups');
  const outside = join(home.path, 'outside');
  mkdirSync(outside);
  const store = Store.open(join(home.path, 'messages.db'));
  const registry = {
    ...{ store, clock: new WindableClock(), assistantName: 'Andy', channelOf },
    // As where the home is the checkout: templates and groups are the same files.
    ...{ groupsDirectory: groups, templatesDirectory: groups },
  };
  const close = () => {
    store.close();
    home[Symbol.dispose]();
  };
  const instructions = (folder: string) => join(groups, folder, 'CLAUDE.md');
  return { registry, groups, outside, instructions, [Symbol.dispose]: close };
}

describe('the folder of a group', () => {
  test('is made with its instructions, which are never overwritten', () => {
    using place = open();
    makeFolder(place.registry, team);
    expect(readFileSync(place.instructions('team'), 'utf8')).toMatch(/^# Team\n/);
    expect(lstatSync(place.instructions('team')).mode & 0o777).toBe(0o644);
    writeFileSync(place.instructions('team'), 'mine');
    makeFolder(place.registry, team);
    expect(readFileSync(place.instructions('team'), 'utf8')).toBe('mine');
  });

  test.each(['team', 'global'])('a link in the place of %s’s instructions makes nothing where it leads', (folder) => {
    using place = open();
    makeFolder(place.registry, team);
    rmSync(place.instructions(folder));
    symlinkSync(join(place.outside, 'sender-allowlist.json'), place.instructions(folder));
    makeFolder(place.registry, team);
    expect(readdirSync(place.outside)).toEqual([]);
  });

  test.each(['team', 'global'])(
    'a link in the place of %s itself is refused, and nothing is made behind it',
    (folder) => {
      using place = open();
      mkdirSync(place.groups);
      symlinkSync(place.outside, join(place.groups, folder));
      expect(() => makeFolder(place.registry, team)).toThrow(expect.objectContaining({ code: 'files.unsafe' }));
      expect(readdirSync(place.outside)).toEqual([]);
    },
  );

  test('is made also where no template can be read, because it is the file that was removed', () => {
    using place = open();
    makeFolder(place.registry, main);
    for (const folder of ['main', 'global']) {
      expect(readFileSync(place.instructions(folder), 'utf8')).toMatch(/^# /);
      rmSync(place.instructions(folder));
    }
    makeFolder(place.registry, team);
    expect(readFileSync(place.instructions('global'), 'utf8')).toMatch(/^# Who you are/);
  });

  test('begins with the template where there is one', () => {
    using place = open();
    const templatesDirectory = join(place.outside, 'templates');
    mkdirSync(join(templatesDirectory, 'main'), { recursive: true });
    writeFileSync(join(templatesDirectory, 'main', 'CLAUDE.md'), 'the template');
    const registry = { ...place.registry, templatesDirectory };
    registerGroup(registry, { folder: 'main', name: 'Main', jid: 'terminal:main', isMain: true });
    expect(readFileSync(place.instructions('main'), 'utf8')).toBe('the template');
  });
});

test('a chat id that no channel can have is not wired, however much it looks like one', () => {
  using place = open();
  for (const jid of ['tg:4503599627370496', 'tg:12x', 'telegram:1', '123']) {
    expect(() => registerGroup(place.registry, { folder: 'team', name: 'Team', jid })).toThrow(
      'no chat id that a channel knows',
    );
  }
  registerGroup(place.registry, { folder: 'team', name: 'Team', jid: 'tg:4503599627370495' });
});
