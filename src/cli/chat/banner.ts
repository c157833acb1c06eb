import type { AdminResult } from '../../../protocol/admin.ts';

export type Attached = AdminResult<'chat.attach'>;

/** Who answers here, and in which sandbox. */
export function bannerLine(attached: Attached): string {
  const { runtime, class: wall } = attached.sandbox;
  const sandbox = wall === 'engine' ? runtime : `${runtime}, weaker than a container`;
  return `${whoAnswers(attached)} · sandbox ${sandbox}`;
}

/** The same for a person: the sandbox only where there is something to know about it. */
export function headerLines(attached: Attached, notices: readonly string[]): { title: string; notices: string[] } {
  const { runtime, class: wall } = attached.sandbox;
  const weaker = wall === 'engine' ? '' : ` · weaker sandbox (${runtime})`;
  // The title says it.
  const others = notices.filter((notice) => wall === 'engine' || !notice.startsWith('Sandbox:'));
  return { title: `${whoAnswers(attached)}${weaker}`, notices: others };
}

function whoAnswers({ assistantName, group, model }: Attached): string {
  return `${assistantName} · group ${group} · model ${model ?? 'default'}`;
}
