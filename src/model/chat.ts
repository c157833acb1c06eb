/** One place on a channel. */
export interface Chat {
  readonly jid: string;
  readonly channel: string;
  readonly name: string;
  readonly isGroup: boolean;
  /** Folder of the group it is wired to. */
  readonly group: string | undefined;
  /** Milliseconds since the epoch. */
  readonly lastMessageAt: number | undefined;
}

/** Where a turn answers. */
export interface Place {
  readonly jid: string;
  /** The platform's own thread or topic id. */
  readonly thread: string | undefined;
}

export function terminalJid(folder: string): string {
  return `terminal:${folder}`;
}
