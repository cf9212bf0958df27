/** The empty file that the device is mounted on: made when missing, removed with the directories we made. */
import { rmdirSync, unlinkSync } from 'node:fs';
import { lstat, mkdir, open, realpath } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { KvpError } from '../../errors.js';

/** A live server answers a stat in well under a millisecond; one that is stuck never does. */
const STAT_LIMIT_MS = 2000;
/** What a call on a mount says whose server died. */
const DEAD_MOUNT = new Set(['ENOTCONN', 'ECONNABORTED']);

export interface MountPoint {
  /** Absolute, its directory free of symbolic links. */
  readonly path: string;
  /** True when the file is ours to remove. */
  readonly temporary: boolean;
  /** Directories that did not exist before, deepest first. */
  readonly directories: readonly string[];
}

/**
 * Finds or makes the mount point. `clearDeadMount` is called for every mount on it whose server died.
 *
 * @throws KvpError ERR_DEVICE_FUSE when something else is there: a real device, a file with content, a live mount.
 */
export async function prepareMountPoint(
  wanted: string,
  clearDeadMount: (path: string) => Promise<void>,
): Promise<MountPoint> {
  const absolute = resolve(wanted);
  const directories = await makeDirectories(dirname(absolute));
  const path = join(await realpath(dirname(absolute)), basename(absolute));
  let temporary = await clearDeadMounts(path, clearDeadMount);
  try {
    await (await open(path, 'wx', 0o600)).close();
    temporary = true;
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'EEXIST')
      throw unusable(`no file can be made at ${path} - choose a path in a directory that this user can write`, cause);
    await checkExisting(path);
  }
  return { path, temporary, directories };
}

/** Removes what `prepareMountPoint` made; whatever is in use or was replaced stays. Touches no mounted file. */
export function removeMountPoint({ path, temporary, directories }: MountPoint): void {
  const removals = [
    ...(temporary ? [() => unlinkSync(path)] : []),
    ...directories.map((name) => () => rmdirSync(name)),
  ];
  for (const remove of removals) {
    try {
      remove();
    } catch {
      // EBUSY, ENOTEMPTY, ENOENT: somebody else uses or has removed it.
    }
  }
}

async function makeDirectories(path: string): Promise<string[]> {
  let first: string | undefined;
  try {
    first = await mkdir(path, { recursive: true, mode: 0o755 });
  } catch (cause) {
    throw unusable(`the directory ${path} cannot be made - make it first or choose another path`, cause);
  }
  const made: string[] = [];
  if (first !== undefined) for (let name = path; name.length >= first.length; name = dirname(name)) made.push(name);
  return made;
}

/** True when there was a dead mount: the file below it is then what a killed server left. */
async function clearDeadMounts(path: string, clear: (path: string) => Promise<void>): Promise<boolean> {
  // A mount over a dead mount stacks, so there may be several; a bound keeps a clear that does nothing from looping.
  for (let found = 0; found < 16; found++) {
    if ((await inspect(path)) !== 'dead') return found > 0;
    await clear(path);
  }
  throw unusable(`dead mounts at ${path} cannot be cleared - run: umount -l ${path}`);
}

async function inspect(path: string): Promise<'dead' | 'absent' | Awaited<ReturnType<typeof lstat>>> {
  const limit = new AbortController();
  try {
    const stat = await Promise.race([lstat(path), delay(STAT_LIMIT_MS, undefined, { signal: limit.signal })]);
    if (stat === undefined)
      throw unusable(`what is mounted at ${path} does not answer - end its server or run: umount -f -l ${path}`);
    return stat;
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code ?? '';
    if (DEAD_MOUNT.has(code)) return 'dead';
    if (code === 'ENOENT') return 'absent';
    throw cause instanceof KvpError ? cause : unusable(`${path} cannot be looked at (${code})`, cause);
  } finally {
    limit.abort();
  }
}

async function checkExisting(path: string): Promise<void> {
  const stat = await inspect(path);
  if (typeof stat === 'string') throw unusable(`${path} changes while it is looked at - try again`);
  if (stat.isCharacterDevice())
    throw unusable(`${path} is a real device - use the daemon on it, or serve at another path`);
  if (!stat.isFile()) throw unusable(`${path} is not a regular file - choose a path that does not exist`);
  if (stat.dev !== (await lstat(dirname(path))).dev)
    throw unusable(`something is mounted at ${path} already - end its server or choose another path`);
  if (stat.size !== 0) throw unusable(`${path} is a file with content - choose a path that does not exist`);
}

function unusable(detail: string, cause?: unknown): KvpError {
  return new KvpError('ERR_DEVICE_FUSE', cause === undefined ? { detail } : { detail, cause });
}
