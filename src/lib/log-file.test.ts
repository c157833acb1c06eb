import {
  closeSync,
  existsSync,
  fstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
} from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { tempDirectory } from '../../test/temp-directory.ts';
import { LogFile } from './log-file.ts';

const full = 'x'.repeat(11 * 1024 * 1024);

test('a file that is full becomes the newest of five old ones', () => {
  using home = tempDirectory();
  const path = join(home.path, 'logs', 'host.log');
  const log = new LogFile(path);
  for (let n = 0; n < 7; n++) {
    log.write(`${n}\n`);
    log.write(full);
  }
  log.write('last\n');
  expect(readFileSync(path, 'utf8')).toBe('last\n');
  expect(statSync(path).mode & 0o777).toBe(0o600);
  expect(readFileSync(`${path}.1`, 'utf8').slice(0, 2)).toBe('6\n');
  const old = ['1', '2', '3', '4', '5'].map((n) => `host.log.${n}`);
  expect(readdirSync(join(home.path, 'logs')).sort()).toEqual(['host.log', ...old]);
  log.close();
});

test('where no new file can be opened, nobody else’s file is closed or written to', () => {
  using home = tempDirectory();
  const directory = join(home.path, 'logs');
  const log = new LogFile(join(directory, 'host.log'));
  log.write(full);
  rmSync(directory, { recursive: true });
  log.write('a line that finds no place\n');
  // The lowest number that is free: the log's own, had it been given back.
  const other = join(home.path, 'other');
  const fd = openSync(other, 'w');
  log.write('another\n');
  expect(fstatSync(fd).isFile()).toBe(true);
  closeSync(fd);
  expect(readFileSync(other, 'utf8')).toBe('');
  mkdirSync(directory);
  log.write('well again\n');
  expect(readFileSync(join(directory, 'host.log'), 'utf8')).toBe('well again\n');
  expect(existsSync(join(directory, 'host.log.next'))).toBe(false);
  log.close();
});
