import { describe, expect, test } from 'vitest';
import type { Group } from '../model/group.ts';
import { decide, startsWithTrigger } from './policy.ts';

const group = (more: Partial<Group> = {}): Group => ({
  folder: 'team',
  name: 'Team',
  isMain: false,
  trigger: '@Andy',
  requiresTrigger: true,
  model: undefined,
  egress: 'llm-only',
  allow: [],
  mounts: [],
  ...more,
});

describe('the trigger', () => {
  const cases: [text: string, trigger: string, wakes: boolean][] = [
    ['@Andy hello', '@Andy', true],
    ['  @ANDY', '@Andy', true],
    ['@andy!', '@Andy', true],
    ["@Andy's turn", '@Andy', true],
    ['@Andrew hello', '@Andy', false],
    ['@Andy_x', '@Andy', false],
    ['@Andy2', '@Andy', false],
    ['hello @Andy', '@Andy', false],
    ['@小明 你好', '@小明', true],
    ['@小明你好', '@小明', true],
    ['@José, ¿qué tal?', '@José', true],
    ['@JOSE\u0301 hola', '@José', true],
    ['@Josélito', '@José', false],
    ['@C++ how', '@C++', true],
    ['@C++20', '@C++', true],
    ['@C+', '@C++', false],
    ['@ΆΝΝΑ', '@άννα', true],
    ['＠Ａｎｄｙ hello', '@Andy', true],
    ['@STRASSE', '@Straße', true],
    ['', '@Andy', false],
    ['@Andy', '  ', false],
  ];
  test.each(cases)('%j with the trigger %j: %j', (text, trigger, wakes) => {
    expect(startsWithTrigger(text, trigger)).toBe(wakes);
  });
});

describe('what becomes of a message', () => {
  const asked = {
    group: group(),
    kind: 'message',
    standing: 'allowed',
    text: 'hello',
    mentionsAssistant: false,
    fromOwner: false,
  } as const;

  test('without the trigger it is kept as context', () => {
    expect(decide(asked)).toBe('keep');
  });

  test('a mention in the platform’s own way wakes as the trigger does', () => {
    expect(decide({ ...asked, mentionsAssistant: true })).toBe('wake');
    expect(decide({ ...asked, text: '@andy hi' })).toBe('wake');
  });

  test('main and groups without the requirement always wake', () => {
    expect(decide({ ...asked, group: group({ isMain: true }) })).toBe('wake');
    expect(decide({ ...asked, group: group({ requiresTrigger: false }) })).toBe('wake');
  });

  test('a text that begins with the assistant’s name and a colon is a message like any other', () => {
    expect(decide({ ...asked, group: group({ isMain: true }), text: 'Andy: hello' })).toBe('wake');
    expect(decide({ ...asked, text: 'Andy: hello' })).toBe('keep');
  });

  test('a sender who may not wake is only overheard, also where no trigger is needed', () => {
    expect(decide({ ...asked, standing: 'context', text: '@Andy hi' })).toBe('keep');
    expect(decide({ ...asked, standing: 'context', group: group({ isMain: true }) })).toBe('keep');
  });

  test('a reaction never wakes; a press on one of our buttons does', () => {
    expect(decide({ ...asked, kind: 'reaction', group: group({ isMain: true }), mentionsAssistant: true })).toBe(
      'keep',
    );
    expect(decide({ ...asked, kind: 'click' })).toBe('wake');
    expect(decide({ ...asked, kind: 'click', standing: 'context' })).toBe('keep');
  });

  test('a dropped sender is not stored; the person who runs the host is never dropped', () => {
    expect(decide({ ...asked, standing: 'dropped' })).toBe('drop');
    expect(decide({ ...asked, standing: 'dropped', fromOwner: true, text: '@Andy hi' })).toBe('wake');
  });
});
