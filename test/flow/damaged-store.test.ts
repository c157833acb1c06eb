// What is stored wrong, or cannot be stored: it costs what it is about, never what stands behind it.
import { closeSync, openSync, readdirSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { expect, test } from 'vitest';
import { say } from '../../src/gateway/rehearsal/reply.ts';
import { eventually } from '../eventually.ts';
import { Machine } from '../fixtures/machine.ts';
import { ready } from '../fixtures/runner.ts';
import { type House, openHouse } from '../house.ts';

await ready();

/** From now on no answer with that word can be stored, for a reason that is not the disk's. */
function refuseToStore(house: House, word: string): void {
  house.damage(`CREATE TRIGGER refusal BEFORE INSERT ON outbox WHEN NEW.text LIKE '%${word}%'
    BEGIN SELECT RAISE(ABORT, 'this cannot be stored'); END`);
}

function refusedFiles(house: House): string[] {
  const directory = join(house.home, 'data', 'ipc', 'errors');
  const files = readdirSync(directory).filter((name) => name.endsWith('.json'));
  return files.map((name) => readFileSync(join(directory, name), 'utf8'));
}

test('an answer that cannot be stored counts as a failed try: its file is kept, and the next try is answered', async () => {
  await using house = await openHouse();
  refuseToStore(house, 'poison');
  house.rehearsal.script = () => say(house.rehearsal.requests.length > 1 ? 'fine' : 'poison');
  const seq = house.say('hello');
  await eventually('the answer', () => {
    house.hurry(seq, 5_000);
    return house.heard().length > 0;
  });
  expect(house.heard()).toEqual(['fine']);
  expect(house.withStore((store) => store.inbox.ofMessage(seq)?.attempts)).toBe(1);
  expect(refusedFiles(house).join()).toContain('poison');
});

test('one that can never be stored ends with a line to its chat, and what was said after it is answered', async () => {
  await using house = await openHouse();
  refuseToStore(house, 'poison');
  house.rehearsal.script = ({ text }) => say(text.includes('hello') ? 'poison' : `re ${text}`);
  const seq = house.say('hello');
  await eventually('the end', () => {
    house.hurry(seq, 80_000);
    return house.state(seq) === 'dead';
  });
  const [told] = await house.hears(1);
  expect(told).toContain('the host could not store its answer');
  house.say('and you?');
  expect(await house.hears(2)).toEqual([told, 're and you?']);
});

test('damaged columns of a try, its usage and what it has sent, keep nobody from the next answer', async () => {
  await using house = await openHouse();
  house.rehearsal.script = ({ text }) => say(`re ${text}`);
  const seq = house.say('one');
  await house.hears(1);
  await house.rests();
  house.damage("UPDATE results SET usage = '{', answers = 'no'; UPDATE outbox SET file = '{', buttons = '['");
  house.withStore((store) => {
    const turn = store.inbox.ofMessage(seq)?.turn_id ?? '';
    expect(store.history.results(turn)).toMatchObject([{ usage: undefined }]);
    expect(store.outbox.saidBy(turn)).toEqual(['re one']);
  });
  house.say('two');
  expect(await house.hears(2)).toEqual(['re one', 're two']);
});

test('a database that is damaged under a running host ends it with the file and the cure; doctor and the next start say the same', async () => {
  await using machine = new Machine({ settings: { CONTAINER_RUNTIME: 'local' } });
  const host = await machine.host();
  const path = join(machine.home, 'store', 'messages.db');
  const touch = 'UPDATE facts SET value = value';
  const other = new Database(path);
  // All of it into the file itself, out of the log beside it.
  other.exec(touch);
  other.pragma('wal_checkpoint(TRUNCATE)');
  const bytes = readFileSync(path);
  const file = openSync(path, 'r+');
  writeSync(file, Buffer.alloc(bytes.length - 4_096, 'x'), 0, bytes.length - 4_096, 4_096);
  closeSync(file);
  // What another program writes makes the host read the file again, and not what it has in memory.
  other.exec(touch);
  other.close();
  const ended = await host.ended;
  expect(ended).toMatchObject({
    code: 1,
    stderr: expect.stringContaining(`The host ends. ${path} is damaged: it is no database that can be read. Put your`),
  });
  expect(ended.stderr).not.toContain('    at ');
  const doctor = await machine.run(['doctor', '--json']);
  expect(JSON.parse(doctor.stdout)).toContainEqual(
    expect.objectContaining({ check: 'store', state: 'problem', says: expect.stringContaining(`mv '${path}'`) }),
  );
  const again = await machine.run(['start', '--no-chat']);
  expect(again).toMatchObject({ code: 1, stderr: expect.stringContaining(`${path} is damaged`) });
  for (const end of ['', '-wal', '-shm']) rmSync(path + end, { force: true });
  const next = await machine.host();
  await next.said('stderr', /The host is running/);
});
