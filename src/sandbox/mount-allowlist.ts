import { lstatSync, readFileSync, realpathSync } from 'node:fs';
import { homedir } from 'node:os';
import { basename, isAbsolute, join, posix, relative, sep } from 'node:path';
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
  | { readonly type: 'rules'; readonly rules: z.infer<typeof allowlistFile> }
  /** Missing or broken: no additional mount at all. `why` is a sentence. */
  | { readonly type: 'none'; readonly why: string };

export type Judgement =
  | { readonly ok: true; readonly mount: Mount; readonly note: string | undefined }
  | { readonly ok: false; readonly why: string };

/** Read anew for every run: a change counts at once, a repaired file too. */
export function readMountAllowlist(configDirectory: string): MountAllowlist {
  const path = join(configDirectory, 'mount-allowlist.json');
  try {
    const parsed = allowlistFile.safeParse(JSON.parse(readFileSync(path, 'utf8')));
    if (parsed.success) return { type: 'rules', rules: parsed.data };
    const issue = parsed.error.issues[0];
    return { type: 'none', why: `${path} is broken (${issue?.path.join('.')}: ${issue?.message}).` };
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return { type: 'none', why: `there is no ${path}.` };
    return { type: 'none', why: `${path} is broken (${sentenceOf(error)}).` };
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
  const no = (why: string): Judgement => ({ ok: false, why: `The mount of ${request.hostPath} is refused: ${why}` });
  if (allowlist.type === 'none') return no(allowlist.why);
  const path = expandHome(request.hostPath, userHome);
  const inside = request.containerPath ?? basename(path);
  if (!isInsideName(inside)) return no(`"${inside}" is not a relative path below /workspace/extra.`);
  if (!isAbsolute(path)) return no('it is not an absolute path.');
  const source = realPath(path);
  if (source === undefined) return no('it does not exist.');
  const stats = lstatSync(source, { throwIfNoEntry: false });
  if (!stats?.isDirectory() && !stats?.isFile()) return no('it is neither a directory nor a plain file.');
  const blocked = [...alwaysBlocked, ...allowlist.rules.blockedPatterns].find((pattern) => matches(source, pattern));
  if (blocked !== undefined) return no(`the name "${blocked}" is blocked.`);
  const root = allowlist.rules.allowedRoots.find(({ path: allowed }) => {
    const real = realPath(expandHome(allowed, userHome));
    return real !== undefined && isWithin(source, real);
  });
  if (!root) return no('it lies below no allowed root.');
  const wanted = request.readonly === false;
  const writable = wanted && root.allowReadWrite && (isMain || !allowlist.rules.nonMainReadOnly);
  const note =
    wanted && !writable
      ? `${request.hostPath} is mounted read-only: the allowlist does not let it be written.`
      : undefined;
  return { ok: true, mount: { source, target: posix.join('/workspace/extra', inside), readOnly: !writable }, note };
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
