import type { AdminResult } from '../../../protocol/admin.ts';

export type Attached = AdminResult<'chat.attach'>;

/** Who answers here, and from behind which wall. */
export function bannerLine(attached: Attached): string {
  const { runtime, class: wall } = attached.sandbox;
  const sandbox = wall === 'engine' ? runtime : `${runtime}, the weaker wall "${wall}"`;
  return `${attached.assistantName} · group ${attached.group} · model ${attached.model ?? 'default'} · sandbox ${sandbox}`;
}
