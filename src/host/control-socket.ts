/** How a control socket appears and goes: under its name there is never one that nobody serves. */
import { randomBytes } from 'node:crypto';
import type { Stats } from 'node:fs';
import { connect as dial, type Server } from 'node:net';
import { basename, dirname } from 'node:path';
import { KvpError } from '../errors.js';
import { distrustOfOwner, type Folder, systemCode } from '../os/folder.js';
import { callControl } from './control-client.js';
import { isRecord } from './json-value.js';
import { openPrivateFolder } from './private-folder.js';

/** What fits into a socket's address, with its NUL left out. */
const LONGEST_PATH_BYTES = process.platform === 'linux' ? 107 : 103;
/** A host answers at once; one that is stopped never does. */
const ANSWER_WITHIN_MS = 1_000;

/** Takes the name away; the server is the caller's to close. */
export type RemoveSocket = () => void;

/**
 * Makes `server` listen at `path`. Missing directories are made with mode 0700; a socket that nobody serves any more is
 * replaced.
 *
 * @throws KvpError ERR_HOST_CONTROL: somebody serves there, something else than a socket stands there, or others could
 *   exchange the socket
 */
export async function listenAt(server: Server, path: string): Promise<RemoveSocket> {
  try {
    if (Buffer.byteLength(path) > LONGEST_PATH_BYTES)
      throw new Error(`a socket's path has at most ${LONGEST_PATH_BYTES} bytes - choose a shorter one with --control`);
    const folder = openPrivateFolder(dirname(path), { make: true });
    try {
      return await appear(server, folder, basename(path), path);
    } catch (error) {
      folder.close();
      throw error;
    }
  } catch (cause) {
    if (cause instanceof KvpError) throw cause;
    throw new KvpError('ERR_HOST_CONTROL', { detail: `${path}: ${(cause as Error).message}`, cause });
  }
}

async function appear(server: Server, folder: Folder, name: string, path: string): Promise<RemoveSocket> {
  // Under its own name it would refuse connections until it listens, and belong to everybody for a moment.
  const temporary = hidden(name);
  await listen(server, folder.at(temporary));
  try {
    await nameIt(folder, temporary, name, path);
  } catch (error) {
    server.close();
    throw error;
  } finally {
    folder.remove(temporary);
  }
  const ours = folder.look(name);
  server.once('close', () => folder.close());
  return () => {
    if (isSame(ours, folder.look(name))) folder.remove(name);
  };
}

const hidden = (name: string): string => `.${name}.${randomBytes(6).toString('hex')}`;

/** Several hosts may clear the same stale socket; one of them gets the name. */
const ATTEMPTS = 8;

async function nameIt(folder: Folder, temporary: string, name: string, path: string): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      // A link replaces nothing, as a rename would.
      folder.link(temporary, name);
      return;
    } catch (error) {
      if (systemCode(error) !== 'EEXIST' || attempt === ATTEMPTS) throw error;
    }
    await clearStale(folder, name, path);
  }
}

function listen(server: Server, path: string): Promise<void> {
  const listening = new Promise<void>((resolve, reject) => {
    server.once('listening', resolve);
    server.once('error', reject);
  });
  // The socket must not be open to others even for a moment. `listen` binds before it returns.
  const before = process.umask(0o177);
  try {
    server.listen({ path });
  } finally {
    process.umask(before);
  }
  return listening;
}

/** Removes a socket that nobody serves, and no other that has come in its place since it was asked. */
async function clearStale(folder: Folder, name: string, path: string): Promise<void> {
  const found = folder.look(name);
  if (found === undefined) return;
  checkSocket(found, path);
  if (await isServed(folder.at(name))) throw await anotherHost(folder.at(name));
  if (isSame(found, folder.look(name))) folder.remove(name);
}

/** A number alone is given again to the next file. */
const isSame = (one: Stats | undefined, other: Stats | undefined): boolean =>
  one !== undefined && one.ino === other?.ino && one.mtimeMs === other.mtimeMs;

function checkSocket(found: Stats, path: string): void {
  if (!found.isSocket()) throw new Error('something else than a socket is there - choose another path with --control');
  const distrust = distrustOfOwner(found);
  if (distrust !== undefined)
    throw new Error(`the socket there ${distrust.found} - choose another path than ${path} with --control`);
}

/** Only a refused connection says that nobody listens: one whose queue is full, for example, is served. */
function isServed(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = dial({ path });
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', (error) => resolve(!['ECONNREFUSED', 'ENOENT'].includes(systemCode(error))));
  });
}

async function anotherHost(path: string): Promise<Error> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, ANSWER_WITHIN_MS);
  });
  const status = await Promise.race([callControl(path, 'status').catch(() => undefined), late]);
  clearTimeout(timer);
  const pid = isRecord(status) && Number.isInteger(status['pid']) ? ` (process ${status['pid']})` : '';
  return new Error(`another host${pid} serves it - end it, or choose another path with --control`);
}
