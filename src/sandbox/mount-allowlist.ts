import { lstatSync, readFileSync, realpathSync } from 'node:fs';
import { homedir } from 'node:os';
import { basename, dirname, isAbsolute, join, posix, relative, sep } from 'node:path';
import { z } from 'zod';
import { sentenceOf, systemCode } from '../model/errors.ts';
import type { MountRequest } from '../model/group.ts';
import type { Mount } from './sandbox.ts';

/** v1's file, unchanged: all three keys required. */
const allowlistFile = z.object({
  allowedRoots: z.array(
    z.object({ path: z.string().min(1), allowReadWrite: z.boolean(), description: z.string().optional() }),
  ),
  blockedPatterns: z.array(z.string().min(1)),
  nonMainReadOnly: z.boolean(),
});

export type MountAllowlist =
  | { readonly type: 'rules'; readonly path: string; readonly rules: z.infer<typeof allowlistFile> }
  /** Missing or broken: no additional mount at all. `why` is a sentence. */
  | { readonly type: 'none'; readonly path: string; readonly missing: boolean; readonly why: string };

export interface MountProblem {
  /** Two sentences: what is wrong, and what to do. */
  readonly why: string;
  readonly cure: string;
}

export type Judgement =
  /** `note`: why it is read-only although it was to be writable. */
  | { readonly ok: true; readonly mount: Mount; readonly note: MountProblem | undefined }
  | ({ readonly ok: false } & MountProblem);

/** Read anew for every run: a change counts at once, a repaired file too. */
export function readMountAllowlist(configDirectory: string): MountAllowlist {
  const path = join(configDirectory, 'mount-allowlist.json');
  try {
    const parsed = allowlistFile.safeParse(JSON.parse(readFileSync(path, 'utf8')));
    if (parsed.success) return { type: 'rules', path, rules: parsed.data };
    const issue = parsed.error.issues[0];
    return broken(path, `${issue?.path.join('.')}: ${issue?.message}`);
  } catch (error) {
    if (systemCode(error) === 'ENOENT') {
      return { type: 'none', path, missing: true, why: `there is no ${path}.` };
    }
    return broken(path, sentenceOf(error));
  }
}

/**
 * One additional mount against the allowlist, in v1's order: the name inside, the host path and where it really leads,
 * the blocked patterns, the allowed roots. Read-only unless request, root and group all allow writing.
 */
export function judgeMount(
  request: MountRequest,
  options: { allowlist: MountAllowlist; isMain: boolean; userHome?: string },
): Judgement {
  const { allowlist, isMain, userHome = homedir() } = options;
  const { path: file } = allowlist;
  const no = (why: string, cure: string): Judgement => {
    return { ok: false, why: `The mount of ${request.hostPath} is refused: ${why}`, cure };
  };
  const path = expandHome(request.hostPath, userHome);
  if (allowlist.type === 'none') return no(allowlist.why, firstAllowlist(allowlist, { path, request, isMain }));
  const inside = request.containerPath ?? basename(path);
  if (!isInsideName(inside)) {
    return no(`"${inside}" is not a relative path below /workspace/extra.`, 'Give it a name, such as notes.');
  }
  if (!isAbsolute(path)) return no('it is not an absolute path.', 'Begin it with / or ~/.');
  const source = realPath(path);
  if (source === undefined) return no('it does not exist.', 'Make it first, or correct the path.');
  const stats = lstatSync(source, { throwIfNoEntry: false });
  if (!stats?.isDirectory() && !stats?.isFile()) {
    return no('it is neither a directory nor a plain file.', 'Mount the directory that it lies in.');
  }
  const { rules } = allowlist;
  const blocked = [...alwaysBlocked, ...rules.blockedPatterns].find((pattern) => matches(source, pattern));
  if (blocked !== undefined) {
    const cure = alwaysBlocked.includes(blocked)
      ? 'Such names hold keys and are never mounted; mount another directory.'
      : `Mount another directory, or remove it from "blockedPatterns" in ${file}.`;
    return no(`the name "${blocked}" is blocked.`, cure);
  }
  const root = rules.allowedRoots.find(({ path: allowed }) => {
    const real = realPath(expandHome(allowed, userHome));
    return real !== undefined && isWithin(source, real);
  });
  const wanted = request.readonly === false;
  if (!root) {
    const entry = JSON.stringify({ path: source, allowReadWrite: wanted });
    return no('it lies below no allowed root.', `Add ${entry} to "allowedRoots" in ${file}.`);
  }
  const writable = wanted && root.allowReadWrite && (isMain || !rules.nonMainReadOnly);
  const mount = { source, target: posix.join('/workspace/extra', inside), readOnly: !writable };
  if (!wanted || writable) return { ok: true, mount, note: undefined };
  const why = `${request.hostPath} is mounted read-only: the allowlist does not let it be written.`;
  const change = root.allowReadWrite ? `"nonMainReadOnly" to false` : `"allowReadWrite" to true for ${root.path}`;
  return { ok: true, mount, note: { why, cure: `Set ${change} in ${file}, or leave :rw out.` } };
}

function broken(path: string, why: string): MountAllowlist {
  return { type: 'none', path, missing: false, why: `${path} is broken (${why}).` };
}

/** A command that writes an allowlist for exactly this mount. */
function firstAllowlist(
  allowlist: Extract<MountAllowlist, { type: 'none' }>,
  { path, request, isMain }: { path: string; request: MountRequest; isMain: boolean },
): string {
  if (!allowlist.missing) return 'Mend it; config-examples/mount-allowlist.json shows its form.';
  const write = request.readonly === false;
  const rules = {
    allowedRoots: [{ path, allowReadWrite: write }],
    blockedPatterns: [],
    nonMainReadOnly: isMain || !write,
  };
  const quoted = (text: string) => `'${text.replaceAll("'", "'\\''")}'`;
  return `Write it: mkdir -p ${quoted(dirname(allowlist.path))} && echo ${quoted(JSON.stringify(rules))} > ${quoted(allowlist.path)}`;
}

/** True for the directory itself and everything below it. Both resolved. */
export function isWithin(path: string, directory: string): boolean {
  const between = relative(directory, path);
  return between === '' || (between !== '..' && !between.startsWith(`..${sep}`) && !isAbsolute(between));
}

/** Where a path really leads, or undefined when it leads nowhere. */
export function realPath(path: string): string | undefined {
  try {
    return realpathSync(path);
  } catch (error) {
    if (['ENOENT', 'ENOTDIR', 'EACCES', 'ELOOP'].includes(systemCode(error) ?? '')) return undefined;
    throw error;
  }
}

const alwaysBlocked = [
  ...['.ssh', '.gnupg', '.gpg', '.aws', '.azure', '.gcloud', '.kube', '.docker', 'credentials', '.env', '.netrc'],
  ...['.npmrc', '.pypirc', 'id_rsa', 'id_ed25519', 'private_key', '.secret'],
];

/**
 * A pattern names path components, with or without an extension: `.env` blocks `.env` and `.env.local`, `credentials`
 * blocks `credentials.json`. v1 took it as a substring of the whole path, so that `my-credentials-app` was refused too.
 */
function matches(path: string, pattern: string): boolean {
  const wanted = pattern.toLowerCase().split('/').filter(Boolean);
  const parts = path.toLowerCase().split(sep).filter(Boolean);
  const isName = (part: string | undefined, name: string) => part === name || part?.startsWith(`${name}.`) === true;
  return wanted.length > 0 && parts.some((_, at) => wanted.every((name, i) => isName(parts[at + i], name)));
}

function isInsideName(path: string): boolean {
  const parts = path.split('/');
  return (
    !path.includes(':') && !path.includes('\0') && parts.every((part) => part !== '' && part !== '.' && part !== '..')
  );
}

function expandHome(path: string, userHome: string): string {
  if (path === '~') return userHome;
  return path.startsWith('~/') ? join(userHome, path.slice(2)) : path;
}
