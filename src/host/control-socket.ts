/**
 * The name of a control socket. It appears when the socket listens and goes before it ends, and is never taken from a host
 * that serves: of several that start at once over a dead host's socket, one gets it.
 */
import { randomBytes } from 'node:crypto';
import type { BigIntStats } from 'node:fs';
import { link, lstat, rename, unlink } from 'node:fs/promises';
import { connect, type Server } from 'node:net';
import { dirname, join } from 'node:path';
import { KvpError } from '../errors.js';

/** Each time a dead host's socket went, and another host was faster. */
const ATTEMPTS = 16;

/**
 * Resolves with what takes the name away again. The socket has mode 0600.
 *
 * @throws KvpError ERR_HOST_CONTROL: somebody serves there, or something else than a stream socket stands there
 */
export async function listenAt(server: Server, path: string): Promise<() => Promise<void>> {
  const hidden = nameBeside(path);
  await listen(server, hidden, path);
  try {
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      if (!(await linked(hidden, path))) {
        await removeStale(path);
        continue;
      }
      const own = await lstat(hidden, { bigint: true });
      return () => removeIf(path, own);
    }
    throw unusable(path, 'other hosts take it again and again');
  } catch (error) {
    server.close();
    throw error instanceof KvpError ? error : unusable(path, (error as Error).message, error);
  } finally {
    await unlink(hidden).catch(() => {});
  }
}

/** As long as the default name, since the kernel allows a socket 107 bytes. */
const nameBeside = (path: string): string => join(dirname(path), `.${randomBytes(4).toString('hex')}`);

async function listen(server: Server, hidden: string, path: string): Promise<void> {
  const listening = new Promise<void>((resolve, reject) => {
    server.once('listening', resolve);
    server.once('error', (cause) => reject(unusable(path, cause.message, cause)));
  });
  // The socket must not be open to others even for a moment. `listen` binds before it returns.
  const before = process.umask(0o177);
  try {
    server.listen({ path: hidden });
  } finally {
    process.umask(before);
  }
  await listening;
}

/** False when the name is taken. */
async function linked(hidden: string, path: string): Promise<boolean> {
  try {
    await link(hidden, path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

async function removeStale(path: string): Promise<void> {
  const found = await look(path);
  if (found === undefined) return;
  if (!found.isSocket()) throw unusable(path, 'something else than a socket is there');
  const answer = await connecting(path);
  if (answer === 'ENOENT') return;
  if (answer === 'EPROTOTYPE') throw unusable(path, 'another kind of socket is there');
  // A host that is stopped, or has many clients waiting, answers otherwise too.
  if (answer !== 'ECONNREFUSED') throw unusable(path, 'another host serves it');
  await removeIf(path, found);
}

/** Takes the name away from this socket. One that another host has put there meanwhile gets its name back. */
async function removeIf(path: string, expected: BigIntStats): Promise<void> {
  const found = await look(path);
  if (found === undefined || !isSame(found, expected)) return;
  const aside = nameBeside(path);
  try {
    await rename(path, aside);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
    throw error;
  }
  const moved = await look(aside);
  if (moved !== undefined && !isSame(moved, expected)) await link(aside, path).catch(() => {});
  await unlink(aside);
}

const look = (path: string): Promise<BigIntStats | undefined> => lstat(path, { bigint: true }).catch(() => undefined);

/** A number is given again to a later file, the time of making is not. */
const isSame = (left: BigIntStats, right: BigIntStats): boolean =>
  left.dev === right.dev && left.ino === right.ino && left.mtimeNs === right.mtimeNs;

/** The system's code, or `served`. */
function connecting(path: string): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect({ path });
    socket.once('connect', () => {
      socket.destroy();
      resolve('served');
    });
    socket.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? 'EIO'));
  });
}

const unusable = (path: string, why: string, cause?: unknown): KvpError =>
  new KvpError('ERR_HOST_CONTROL', { detail: `${path}: ${why}`, cause });
