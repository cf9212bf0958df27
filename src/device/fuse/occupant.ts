/** What stands where a device shall appear, and whether it may be used, cleared or neither. */
import * as fs from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { KvpError } from '../../errors.js';
import { removeCovered } from './covered-name.js';
import { type Directory, O_PATH } from './directory.js';
import { hiddenName, makerOf } from './hidden-name.js';
import { unmountProgram } from './mount.js';
import { labelOf, type MountLabel, mountIdOf, mountOf } from './mount-table.js';
import { run } from './programs.js';

const open = promisify(fs.open);
const lstat = promisify(fs.lstat);
const readdir = promisify(fs.readdir);

/** A live server answers a stat in well under a millisecond; one that is stuck never does. */
const STAT_LIMIT_MS = 2000;
/** What a call on a mount says whose server died. */
const DEAD_MOUNT = new Set(['ENOTCONN', 'ECONNABORTED']);

/**
 * Clears dead mounts and what was left by servers that died while they started. Resolves with a descriptor of the empty
 * file that is there, the caller's to close, or undefined when nothing is.
 *
 * @throws KvpError ERR_DEVICE_FUSE when something is there that must not be covered.
 */
export async function clearPlace(directory: Directory, name: string): Promise<number | undefined> {
  const path = join(directory.path, name);
  await clearHiddenNames(directory);
  // A mount over a dead mount stacks, so there may be several; a bound keeps a clear that does nothing from looping.
  for (let cleared = 0; cleared < 16; cleared++) {
    const descriptor = await openPlace(directory, name, path);
    if (descriptor === undefined) return undefined;
    if (mountIdOf(descriptor) === mountIdOf(directory.descriptor)) return usable(descriptor, path);
    try {
      await checkDead(descriptor, directory.at(name), path);
      const label = labelAt(descriptor);
      const made = label?.file === 'made';
      await run(made ? removeCovered(directory, name, hiddenName(label)) : unmountProgram(descriptor));
    } finally {
      fs.closeSync(descriptor);
    }
  }
  throw unusable(`dead mounts at ${path} cannot be cleared - run: umount -l ${path}`);
}

async function openPlace(directory: Directory, name: string, path: string): Promise<number | undefined> {
  try {
    return await open(directory.at(name), O_PATH | fs.constants.O_NOFOLLOW);
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code === 'ENOENT') return undefined;
    throw unusable(`${path} cannot be looked at (${code})`, cause);
  }
}

async function checkDead(descriptor: number, name: string, path: string): Promise<void> {
  const limit = new AbortController();
  try {
    const stat = await Promise.race([lstat(name), delay(STAT_LIMIT_MS, undefined, { signal: limit.signal })]);
    if (stat === undefined)
      throw unusable(`what is mounted at ${path} does not answer - end its server or run: umount -f -l ${path}`);
  } catch (cause) {
    if (cause instanceof KvpError) throw cause;
    const { code = '' } = cause as NodeJS.ErrnoException;
    // Gone meanwhile: the next look tells.
    if (DEAD_MOUNT.has(code) || code === 'ENOENT') return;
    throw unusable(`${path} cannot be looked at (${code})`, cause);
  } finally {
    limit.abort();
  }
  const label = labelAt(descriptor);
  if (label === undefined)
    throw unusable(`something is mounted at ${path} already - unmount it or choose another path`);
  const who = runs(label.pid) ? `another host (process ${label.pid})` : 'another host';
  throw unusable(`${who} serves ${path} already - end it, or choose another path with --device`);
}

function labelAt(descriptor: number): MountLabel | undefined {
  const mount = mountOf(descriptor);
  return mount && labelOf(mount);
}

/** The descriptor again, when it stands for an empty file. */
function usable(descriptor: number, path: string): number {
  const stat = fs.fstatSync(descriptor);
  const refusal = refusalOf(stat, path);
  if (refusal === undefined) return descriptor;
  fs.closeSync(descriptor);
  throw unusable(refusal);
}

function refusalOf(stat: fs.Stats, path: string): string | undefined {
  if (stat.isCharacterDevice()) return `${path} is a real device - use the daemon on it, or serve at another path`;
  if (!stat.isFile()) return `${path} is not a regular file - choose a path that does not exist`;
  if (stat.size !== 0) return `${path} is a file with content - choose a path that does not exist`;
  return undefined;
}

/** Left only by a server that was killed together with its watchdog, within milliseconds of its start or end. */
async function clearHiddenNames(directory: Directory): Promise<void> {
  // A directory that this user cannot read has none that matter.
  for (const name of await readdir(directory.at('.')).catch(() => [])) {
    const pid = makerOf(name);
    if (pid !== undefined && !runs(pid)) await run(removeCovered(directory, name, name));
  }
}

function runs(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (cause) {
    return (cause as NodeJS.ErrnoException).code === 'EPERM';
  }
}

function unusable(detail: string, cause?: unknown): KvpError {
  return new KvpError('ERR_DEVICE_FUSE', cause === undefined ? { detail } : { detail, cause });
}
