/** What a group's agent may reach outside its sandbox. */
export type Egress = 'llm-only' | 'allowlist' | 'open-public';

export interface Group {
  /** Its directory under `groups/`, and its identity everywhere. */
  readonly folder: string;
  readonly name: string;
  readonly isMain: boolean;
  /** What a message must start with to wake it. */
  readonly trigger: string;
  /** False: every message wakes. Main never requires one, whatever this says. */
  readonly requiresTrigger: boolean;
  readonly model: string | undefined;
  /** Dollars it may spend a day; undefined: as much as all groups together may. `none`: no budget holds it, not even theirs. */
  readonly budget?: number | 'none' | undefined;
  readonly egress: Egress;
  /** `host:port` pairs that may be reached although their address is private. Empty unless the owner says so. */
  readonly allow: readonly string[];
  readonly mounts: readonly MountRequest[];
}

/** An additional mount as the owner asked for it; the mount allowlist decides (v1's format). */
export interface MountRequest {
  readonly hostPath: string;
  readonly containerPath?: string | undefined;
  readonly readonly?: boolean | undefined;
}

/** What a mount is called below /workspace/extra. */
export function mountName({ hostPath, containerPath }: MountRequest): string {
  return containerPath ?? hostPath.replace(/\/+$/, '').split('/').at(-1) ?? '';
}

/** `global` is the shared memory's folder, `errors` the mailbox's place for what is not understood. */
const reservedFolders = new Set(['global', 'errors']);

export function isGroupFolder(folder: string): boolean {
  return /^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/.test(folder) && !reservedFolders.has(folder.toLowerCase());
}

export function needsTrigger(group: Group): boolean {
  return group.requiresTrigger && !group.isMain;
}
