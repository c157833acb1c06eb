import { type Group, needsTrigger } from '../model/group.ts';
import { type InboundMessage, isForwarded, type MessageKind } from '../model/message.ts';
import type { Question } from '../store/questions.ts';
import type { Store } from '../store/store.ts';

export type Decision = 'drop' | 'keep' | 'wake';
/** What the sender allowlist says of a sender: may wake, may only be overheard, is not to be stored at all. */
export type Standing = 'allowed' | 'context' | 'dropped';

/** What a message is to the questions of its chat. */
export type Answering =
  /** It answers that one, with this option or in these words. */
  | { readonly type: 'answer'; readonly question: Question; readonly chosen: string }
  /** Of a button that counts no more: somebody was quicker, or it came too late. */
  | { readonly type: 'late'; readonly answered: boolean };

export interface Asked {
  readonly group: Group;
  readonly kind: MessageKind;
  readonly standing: Standing;
  readonly text: string;
  readonly mentionsAssistant: boolean;
  readonly fromOwner: boolean;
  /** Another message of the same act calls us. */
  readonly called?: boolean;
  /** What the platform posts by itself, such as the posts of a linked channel: nobody said it to us. */
  readonly automatic?: boolean;
  /** What it is to a question of ours, if anything. */
  readonly answering?: Answering | undefined;
}

/** Whether a message is dropped, kept as context, or wakes its group. */
export function decide(asked: Asked): Decision {
  const { group, kind, standing, fromOwner } = asked;
  if (standing === 'dropped' && !fromOwner) return 'drop';
  if (standing === 'context' && !fromOwner) return 'keep';
  if (kind === 'reaction' || asked.automatic) return 'keep';
  // Two people pressed: the second need not be told of.
  if (asked.answering?.type === 'late' && asked.answering.answered) return 'keep';
  // Only our own buttons can be pressed: whoever does so means us.
  if (!needsTrigger(group) || kind === 'click' || asked.answering) return 'wake';
  return asked.called || asked.mentionsAssistant || startsWithTrigger(asked.text, group.trigger) ? 'wake' : 'keep';
}

/** The platform's clock, which counts seconds: what one press sends stands there a second or two apart. */
const togetherMs = 3_000;
/** Ours: a line that was away for a moment brings the rest later. */
const lateMs = 60_000;
/** An app cuts a longer text at 4 096. */
const cutUnits = 4_000;

/**
 * True for the rest of an act whose first message has woken the group: what somebody forwards, a picture of an album or any
 * file without words, the second half of a long text, sent in the same moment as theirs that did.
 */
export function followsCall(store: Store, message: InboundMessage, now: number): boolean {
  if (message.kind !== 'message') return false;
  const before = store.messages.lastOf(message, message.senderId);
  if (before?.woke !== 1 || now - before.storedAt > lateMs) return false;
  if (Math.abs(message.sentAt - before.sentAt) > togetherMs) return false;
  const wordless = message.text.trim() === '' && (message.attachments?.length ?? 0) > 0;
  return wordless || isForwarded(message) || before.units >= cutUnits;
}

/**
 * True when the text starts with the trigger, in any script and any case, as a word of its own: `@Andy!` and `@andy's`
 * do, `@Andrew` and `@Andy_x` do not.
 */
export function startsWithTrigger(text: string, trigger: string): boolean {
  const said = fold(text.trimStart());
  const wanted = fold(trigger.trim());
  if (wanted === '' || !said.startsWith(wanted)) return false;
  const next = said.slice(wanted.length);
  // A trigger that ends in a symbol (@C++) ends there; one that ends in a letter must not run on into more letters.
  return !/[\p{L}\p{M}\p{N}_]$/u.test(wanted) || !/^[\p{L}\p{M}\p{N}_]/u.test(next) || isUnspaced(wanted);
}

// NFKC so that full-width and composed forms meet; both cases, because some letters meet only in upper case (ß, ſ).
function fold(text: string): string {
  return text.normalize('NFKC').toUpperCase().toLowerCase().normalize('NFKC');
}

/** Scripts written without spaces: `@小明你好` calls 小明. */
function isUnspaced(trigger: string): boolean {
  return /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}]$/u.test(
    trigger,
  );
}
