import { randomUUID } from 'node:crypto';
import { createReadStream, existsSync, mkdirSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

/** The conversation the SDK is to go on with, or to begin under this id. */
export interface Session {
  readonly id: string;
  readonly resume: boolean;
}

/** Where the SDK keeps the transcripts of agents that work in `cwd`. */
export function transcriptDirectory(claude: string, cwd: string): string {
  const real = existsSync(cwd) ? realpathSync(cwd) : cwd;
  return join(claude, 'projects', real.replaceAll(/[^A-Za-z0-9]/g, '-'));
}

/** Throws where the SDK itself would answer well and silently save nothing. */
export function checkTranscripts(directory: string): void {
  const probe = join(directory, `.writable-${process.pid}`);
  try {
    mkdirSync(directory, { recursive: true });
    writeFileSync(probe, '');
    rmSync(probe);
  } catch (error) {
    const sentence = `The conversation cannot be saved: ${directory} is not writable for uid ${process.getuid?.() ?? '?'}.`;
    throw new Error(sentence, { cause: error });
  }
}

/**
 * Resumes a transcript that holds a conversation, begins one where there is no file. A file without a conversation can
 * be neither resumed nor begun again, so it gets a new id; so does an id that is no UUID.
 */
export async function chooseSession(directory: string, wanted: string | undefined): Promise<Session> {
  if (wanted === undefined || !isUuid(wanted)) return freshSession();
  const transcript = join(directory, `${wanted}.jsonl`);
  if (!existsSync(transcript)) return { id: wanted, resume: false };
  return (await holdsConversation(transcript)) ? { id: wanted, resume: true } : freshSession();
}

export function freshSession(): Session {
  return { id: randomUUID(), resume: false };
}

async function holdsConversation(transcript: string): Promise<boolean> {
  const lines = createInterface({ input: createReadStream(transcript, 'utf8') });
  try {
    for await (const line of lines) if (isSpoken(line)) return true;
    return false;
  } finally {
    lines.close();
  }
}

function isSpoken(line: string): boolean {
  try {
    const entry: unknown = JSON.parse(line);
    return typeof entry === 'object' && entry !== null && 'type' in entry && isRole(entry.type);
  } catch {
    // A line torn by a crash; the SDK skips it too.
    return false;
  }
}

function isRole(type: unknown): boolean {
  return type === 'user' || type === 'assistant';
}

function isUuid(id: string): boolean {
  return /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(id);
}
