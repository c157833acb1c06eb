import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { tempDirectory } from '../../test/temp-directory.ts';
import { WindableClock } from '../../test/windable-clock.ts';
import { Store } from '../store/store.ts';
import { mayPair, openPairing, pairOwner } from './pair-owner.ts';

function desk() {
  const home = tempDirectory();
  const store = Store.open(join(home.path, 'messages.db'));
  onTestFinished(() => {
    store.close();
    home[Symbol.dispose]();
  });
  const parts = { store, clock: new WindableClock() };
  return {
    ...parts,
    open: (channel = 'telegram') => openPairing(parts, channel).code,
    try: (code: string, channel = 'telegram', senderId = '5') =>
      pairOwner(parts, { channel, senderId, name: 'Ann', code }),
  };
}

test('the right code makes an owner, once, however it is spelt', () => {
  const { store, ...pairing } = desk();
  const code = pairing.open();
  expect(code).toMatch(/^[A-HJ-NP-Z2-9]{8}$/);
  expect(store.pairings.get('telegram')?.codeHash).not.toContain(code);
  expect(pairing.try(`${code.slice(0, 4).toLowerCase()}-${code.slice(4)}`)).toBe('paired');
  expect(store.owners.all()).toEqual([{ channel: 'telegram', senderId: '5', name: 'Ann' }]);
  expect(pairing.try(code)).toBe('refused');
});

test('five wrong codes silence their sender and nobody else; a new code begins anew', () => {
  const { store, ...pairing } = desk();
  const first = pairing.open();
  const stranger = { channel: 'telegram', senderId: 'stranger' };
  for (let n = 0; n < 5; n++) {
    expect(mayPair({ store }, stranger)).toBe(true);
    expect(pairing.try('AAAAAAAA', 'telegram', 'stranger')).toBe('refused');
  }
  expect(mayPair({ store }, stranger)).toBe(false);
  expect(pairing.try(first, 'telegram', 'stranger')).toBe('refused');
  expect(pairing.try(first)).toBe('paired');
  const second = pairing.open();
  expect(pairing.try(second, 'telegram', 'stranger')).toBe('paired');
});

test('fifty wrong codes of many senders void the code: guessing stays hopeless', () => {
  const { store, ...pairing } = desk();
  const code = pairing.open();
  for (let n = 0; n < 49; n++) pairing.try('AAAAAAAA', 'telegram', `s${n}`);
  expect(store.pairings.get('telegram')).toMatchObject({ tries: 49 });
  pairing.try('AAAAAAAA', 'telegram', 's49');
  expect(store.pairings.get('telegram')).toBeUndefined();
  expect(pairing.try(code)).toBe('refused');
});

test('a code is good for ten minutes, on its own channel, until the next one', () => {
  const { store, clock, ...pairing } = desk();
  const old = pairing.open();
  const code = pairing.open();
  expect(pairing.try(old)).toBe('refused');
  expect(pairing.try(code, 'slack')).toBe('refused');
  clock.advance(600_001);
  expect(pairing.try(code)).toBe('expired');
  expect(pairing.try(code)).toBe('refused');
  expect(store.owners.any()).toBe(false);
});
