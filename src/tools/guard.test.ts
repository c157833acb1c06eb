// Who may do what, tried on every tool there is: a tool that this file does not know how to try fails it.
import { randomUUID } from 'node:crypto';
import { cpSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { headOf } from '../../test/fixtures/head-of.ts';
import { ToolRoom } from '../../test/fixtures/tool-room.ts';
import {
  type Caller,
  callers,
  type Furnished,
  furnished,
  placeOf,
  type Target,
  type Trial,
  targets,
  trials,
} from '../../test/fixtures/tool-trials.ts';
import { tempDirectory } from '../../test/temp-directory.ts';
import type { loadTools } from './index.ts';
import type { ToolReply } from './tool.ts';

const refused = z.object({ ok: z.literal(false), error: z.object({ code: z.string(), message: z.string().min(20) }) });
/** Why the guard's verdict is told in so many words. */
const refusals =
  /^(not_allowed|unknown_chat|unknown_message|not_your_chat|main_only|unknown_group|is_main|task_unknown|task_foreign)$/;

function expectRefused(reply: ToolReply | undefined): void {
  expect(refused.parse(reply).error.code).toMatch(refusals);
}

const forgery = fc.record(
  {
    groupFolder: fc.constantFrom('main', 'other', 'team', '../main', ''),
    isMain: fc.constantFrom<unknown>(true, 'true', 1),
    group: fc.constantFrom<unknown>('main', { folder: 'main', isMain: true }),
    role: fc.constantFrom('owner', 'main'),
    from: fc.constantFrom('tg:1', 'tg:3'),
    runId: fc.constantFrom('run-main', 'run-other', 'by-hand'),
    place: fc.constant({ jid: 'tg:1' }),
    caller: fc.constant({ group: { folder: 'main', isMain: true } }),
    chatJid: fc.constantFrom('tg:1', 'tg:2', 'tg:3', 'tg:99', 'tg:404'),
    targetJid: fc.constantFrom('tg:1', 'tg:3'),
    created_by: fc.constant('tg:1'),
    turnId: fc.constantFrom('of another group', randomUUID(), 'x'),
    constructor: fc.constant({ isMain: true }),
  },
  { requiredKeys: [] },
);

const types = await everyType();

async function everyType(): Promise<readonly string[]> {
  using room = await ToolRoom.open();
  return room.types;
}

function trialOf(type: string): Trial {
  const trial = trials[type];
  if (!trial) throw new Error(`nobody has said who may ask for ${type}: add it to the trials of this test`);
  return trial;
}

function attempt(
  { room, aimOf }: Furnished,
  asked: { type: string; caller: Caller; target: Target; forged?: object; byHand?: boolean; id?: string },
): ToolReply | undefined {
  const { type, caller, target, forged = {}, byHand, id = randomUUID() } = asked;
  const request = { ...forged, ...trialOf(type).request(aimOf(caller, target)), type };
  const turn = { id: randomUUID(), place: placeOf(caller) };
  return room.ask(caller, request, { turn, id: byHand ? undefined : id });
}

describe.each(types)('%s', (type) => {
  const trial = trialOf(type);

  test('is done for whoever may, and for nobody else', async () => {
    // What is refused changes nothing: one room is enough for all of it.
    const scene = await furnished();
    using shared = scene.room;
    const before = shared.dump();
    for (const caller of callers) {
      for (const target of targets.filter((one) => !trial.allowed(caller, one))) {
        expectRefused(attempt(scene, { type, caller, target }));
        expect(shared.dump(), `${caller} → ${target}`).toBe(before);
      }
      for (const target of targets.filter((one) => trial.allowed(caller, one))) {
        const fresh = await furnished();
        using room = fresh.room;
        const untouched = room.dump();
        const reply = attempt(fresh, { type, caller, target });
        expect(reply, `${caller} → ${target}`).toMatchObject({ ok: true });
        if (!trial.reads) expect(room.dump(), `${caller} → ${target}`).not.toBe(untouched);
        if (caller === 'team') expect(JSON.stringify(reply)).not.toContain('secret-');
      }
    }
  });

  test('what a request says of whoever asks changes nothing', async () => {
    const scene = await furnished();
    using room = scene.room;
    const before = room.dump();
    const denied = callers.flatMap((caller) =>
      targets.filter((target) => !trial.allowed(caller, target)).map((target) => ({ caller, target })),
    );
    // Nothing is refused to anybody: what it tells is looked at above.
    if (denied.length === 0) return;
    fc.assert(
      fc.property(fc.constantFrom(...denied), forgery, fc.boolean(), (who, fields, byHand) => {
        const turnId = fields.turnId === 'of another group' ? { turnId: scene.foreignTurn } : {};
        const reply = attempt(scene, { type, ...who, forged: { ...fields, ...turnId }, byHand });
        if (!byHand) expectRefused(reply);
        expect(room.dump()).toBe(before);
      }),
      { numRuns: 40 },
    );
  });
});

test('an id that another group has used brings its reply to nobody', async () => {
  const scene = await furnished();
  using room = scene.room;
  const id = randomUUID();
  room.ask('main', { type: 'list_groups' }, { id });
  const reply = attempt(scene, { type: 'message', caller: 'team', target: 'other', id });
  expectRefused(reply);
});

test('a turn of another group that is claimed moves nothing there', async () => {
  const scene = await furnished();
  using room = scene.room;
  const { foreignTurn } = scene;
  room.ask('team', { type: 'message', chatJid: 'tg:2', text: 'mine', turnId: foreignTurn });
  expect(room.store.outbox.saidBy(foreignTurn)).toEqual([]);
  expect(headOf(room.store, 'tg:2')).toMatchObject({ text: 'mine', group: 'team' });
  expect(headOf(room.store, 'tg:3')).toBeUndefined();
});

test('a group that was unregistered meanwhile may do nothing more', async () => {
  const scene = await furnished();
  using room = scene.room;
  const team = room.store.groups.get('team');
  room.ask('main', { type: 'unregister_group', folder: 'team' });
  const before = room.dump();
  if (!team) throw new Error('there was no team');
  for (const type of types) {
    const trial = trialOf(type);
    if (trial.reads) continue;
    const request = { ...trial.request(scene.aimOf('team', 'own')), type };
    expectRefused(room.ask('team', request, { id: randomUUID(), group: team }));
  }
  expect(room.dump()).toBe(before);
});

test('without the guard each tool would do it: what stands above bites', async () => {
  using copy = withoutGuard();
  const loaded: unknown = await import(join(copy.path, 'src', 'tools', 'index.ts'));
  const { loadTools: load } = z
    .object({ loadTools: z.custom<typeof loadTools>((it) => typeof it === 'function') })
    .parse(loaded);
  for (const type of types) {
    const trial = trialOf(type);
    const scene = await furnished(load);
    using room = scene.room;
    const before = room.dump();
    const reply = attempt(scene, { type, caller: 'team', target: 'other' });
    // Bound to their own by more than the guard: what they ask the store for is the asker's.
    if (['ask_user', 'list_tasks', 'search_messages'].includes(type)) continue;
    expect(reply, type).toMatchObject({ ok: true });
    if (trial.reads) expect(JSON.stringify(reply), type).toContain('secret-');
    else expect(room.dump(), type).not.toBe(before);
  }
});

/** The sources as they are, but for a guard that says yes to everything. */
function withoutGuard() {
  const copy = tempDirectory();
  const root = fileURLToPath(new URL('../..', import.meta.url));
  for (const part of ['src', 'protocol']) {
    mkdirSync(join(copy.path, part));
    cpSync(join(root, part), join(copy.path, part), { recursive: true });
  }
  symlinkSync(join(root, 'node_modules'), join(copy.path, 'node_modules'));
  writeFileSync(join(copy.path, 'package.json'), '{"type":"module"}');
  writeFileSync(join(copy.path, 'src', 'acts', 'guard.ts'), "export const guard = () => 'allowed';\n");
  return copy;
}
