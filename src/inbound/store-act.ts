// The messages of one act, in the transaction of whoever calls: their rows, their files, what they answer.
import { endQuestion } from '../acts/end-question.ts';
import { hushChat } from '../acts/hush-chat.ts';
import type { Group } from '../model/group.ts';
import type { Role } from '../model/message.ts';
import type { Store } from '../store/store.ts';
import type { CommandParts } from './command.ts';
import { type LongText, longTextUnits, standInFor } from './folder-files.ts';
import { keepAttachments } from './keep-attachments.ts';
import { heedMachines } from './machines.ts';
import { placeEdit, reactionText } from './place-edit.ts';
import type { Decision, Standing } from './policy.ts';
import { quotedFiles } from './quotes.ts';
import type { ReadMessage } from './read-answer.ts';

export interface ActParts extends CommandParts {
  /** Whether that file is in a group's folder. */
  readonly hasFile: (folder: string, path: string) => boolean;
}

/** A message of a chat that a group has, from whom, and what is to be done with it. */
export interface Decided extends ReadMessage {
  readonly group: Group;
  readonly role: Role;
  readonly standing: Standing;
  /** They may give commands here: nothing of theirs is counted. */
  readonly commands: boolean;
  readonly decision: Decision;
}

interface Fresh extends Decided {
  readonly seq: number;
}

export interface StoredMessages {
  /** In the order of the act; undefined for what was dropped or known before. */
  readonly seqs: readonly (number | undefined)[];
  readonly woke: boolean;
  /** Something is to be fetched. */
  readonly fetches: boolean;
  /** Also of messages that were known before: perhaps the host died before the file was written. */
  readonly longTexts: readonly LongText[];
}

export function storeMessages(parts: ActParts, act: readonly Decided[]): StoredMessages {
  const { store, clock } = parts.desk;
  const now = clock.now();
  const seqs = act.map((one) => (one.decision === 'drop' ? undefined : insert(store, one, now)));
  const fresh = act.flatMap((one, index) => (seqs[index] === undefined ? [] : [{ ...one, seq: seqs[index] }]));
  const wakes = wakingOf(parts, fresh, now);
  const until = fresh.map((one) => keepFiles(parts, one, now)).filter((at) => at !== undefined);
  // What was done together is read together: none of it goes before the last file is there.
  const heldUntil = until.length === 0 ? undefined : Math.max(...until);
  const woke = fresh.map((one) => place(store, one, { wakes: wakes.has(one), heldUntil }));
  endAnswered(
    parts,
    fresh.filter((one) => wakes.has(one)),
  );
  return {
    seqs,
    woke: woke.includes(true),
    fetches: heldUntil !== undefined,
    longTexts: act.flatMap((one, index) => longTextOf(store, one, seqs[index])),
  };
}

/** The file could not be written: what stands in the chat says so. */
export function cutLongText(store: Store, { text, seq }: LongText): void {
  store.messages.rewrite(seq, standInFor(text, seq, { kept: false }));
}

function insert(store: Store, { message, role }: Decided, now: number): number | undefined {
  const text = message.kind === 'reaction' ? reactionText(store, message) : message.text;
  const long = text.length > longTextUnits;
  const seq = store.messages.insertInbound({ ...message, text: long ? '' : text }, role, now);
  if (seq === undefined) return undefined;
  if (long) store.messages.rewrite(seq, standInFor(text, seq, { kept: true }));
  store.chats.touch(message.jid, now);
  return seq;
}

/** Those that wake; none where machines have talked to each other for too long, until an owner says something. */
function wakingOf({ desk }: ActParts, fresh: readonly Fresh[], now: number): Set<Fresh> {
  const { store } = desk;
  const waking = fresh.filter((one) => one.decision === 'wake');
  const trusted = (one: Fresh) => one.role === 'owner' || (one.commands && !one.message.senderIsBot);
  const owners = fresh.find((one) => one.role === 'owner' && one.message.kind === 'message');
  if (owners && store.chats.quiet(owners.message.jid).untilAt > 0) {
    store.chats.hush(owners.message.jid, { untilAt: 0, countedFrom: owners.seq });
  }
  // A button is pressed by a person.
  const first = waking.find((one) => !trusted(one) && one.message.kind !== 'click');
  if (!first) return new Set(waking);
  const { jid, thread, senderId, senderName, senderIsBot: isMachine = false } = first.message;
  const heed = heedMachines(store, { jid, senderId, isMachine, now });
  if (heed.type === 'go') return new Set(waking);
  if (heed.type === 'trips') {
    const { exchanges, quietMs } = heed;
    store.chats.hush(jid, { untilAt: now + quietMs, countedFrom: first.seq });
    const who = { name: senderName, isMachine };
    hushChat(desk, { group: first.group.folder, place: { jid, thread }, seq: first.seq, who, exchanges, quietMs });
  }
  return new Set(waking.filter((one) => trusted(one) || one.message.kind === 'click'));
}

function keepFiles({ desk, hasFile }: ActParts, one: Fresh, now: number): number | undefined {
  const { message, group, role, seq } = one;
  if (message.kind === 'edit') return undefined;
  const { folder } = group;
  const quoted = quotedFiles(desk.store, message, { group: folder, has: (path) => hasFile(folder, path) });
  const came = { files: message.attachments ?? [], quoted };
  return keepAttachments(desk.store, came, { seq, now, overheard: role === 'unknown' });
}

/** True when the message wakes. */
function place(store: Store, one: Fresh, { wakes, heldUntil }: { wakes: boolean; heldUntil: number | undefined }) {
  const { message, group, seq } = one;
  const to = { group: group.folder, message: seq, wakes };
  if (message.kind === 'edit') return placeEdit(store, message, to);
  store.inbox.add({ ...to, place: { jid: message.jid, thread: message.thread }, heldUntil });
  return wakes;
}

/** A question is answered once, by what was said of it in words where there are any. */
function endAnswered({ desk }: ActParts, waking: readonly Fresh[]): void {
  const answers = waking.flatMap((one) => (one.answering?.type === 'answer' ? [{ ...one.answering, one }] : []));
  const best = answers.find(({ chosen }) => chosen !== '') ?? answers[0];
  if (!best) return;
  const { question, chosen, one } = best;
  endQuestion(desk, question, { type: 'answered', message: one.seq, chosen, by: one.message.senderName });
}

function longTextOf(store: Store, { message, group, decision }: Decided, seq: number | undefined): LongText[] {
  if (message.text.length <= longTextUnits || decision === 'drop') return [];
  const known =
    seq ?? (message.kind === 'message' ? store.messages.find(message.jid, message.platformId)?.seq : undefined);
  return known === undefined ? [] : [{ folder: group.folder, text: message.text, seq: known }];
}
