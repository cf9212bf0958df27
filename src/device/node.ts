/**
 * A client of a device file by its path: the kernel's `/dev/vmbus/hv_kvp` or `/dev/hv_kvp_dev`, or a file that
 * `fuse/` serves.
 *
 * A read sleeps in a thread of libuv's pool, and nothing in Node can take it out of there: `close` rejects the promise
 * at once, but the thread stays in the kernel until a message or an error arrives, and a process that waits for it does
 * not end. A daemon that wants to stop must therefore die by a signal (remove the handlers and raise SIGTERM again);
 * `process.exit` hangs. Measured on Linux with Node 20.
 */
import * as fs from 'node:fs';
import { promisify } from 'node:util';
import { optional, requireBoolean, requireBytes, requireObject, requirePath } from '../arguments.js';
import { KvpError } from '../errors.js';
import { fileOpeners } from '../os/file-openers.js';
import { isServedFile } from './fuse/served-file.js';
import type { DeviceClient, DeviceFile } from './port.js';

const open = promisify(fs.open);
const close = promisify(fs.close);
const fstat = promisify(fs.fstat);
const stat = promisify(fs.stat);
const realpath = promisify(fs.realpath);

const errnoOf = (cause: unknown): string => (cause as NodeJS.ErrnoException).code ?? 'EIO';

function failure(call: string, path: string, cause: unknown): KvpError {
  return new KvpError('ERR_DEVICE', { detail: `${call} ${path}`, actual: errnoOf(cause), cause });
}

export interface DevicePathOptions {
  /**
   * Write in the calling thread, which saves the way to another and back (docs/decisions.md). The kernel's devices take a
   * message at once. A file that is served may keep the whole process waiting until its server takes the message, and
   * for ever when that server is this process. Default false.
   */
  blockingWrites?: boolean;
}

class PathFile implements DeviceFile {
  readonly #path: string;
  readonly #descriptor: number;
  readonly #blockingWrites: boolean;
  readonly #sleepers = new Set<(error: KvpError) => void>();
  #closed = false;

  constructor(path: string, descriptor: number, { blockingWrites = false }: DevicePathOptions) {
    this.#path = path;
    this.#descriptor = descriptor;
    this.#blockingWrites = blockingWrites;
  }

  async read(into: Uint8Array): Promise<number> {
    requireBytes('into', into);
    return new Promise((resolve, reject) => {
      if (this.#closed) {
        reject(this.#closedError('read'));
        return;
      }
      this.#sleepers.add(reject);
      const attempt = () =>
        fs.read(this.#descriptor, into, 0, into.length, null, (cause, bytes) => {
          // A signal that this process handled; the descriptor is not ours any more after `close`.
          if (cause?.code === 'EINTR' && !this.#closed) {
            attempt();
            return;
          }
          this.#sleepers.delete(reject);
          if (cause !== null) reject(failure('read', this.#path, cause));
          else resolve(bytes);
        });
      attempt();
    });
  }

  /** One write(2) of the whole message: the device takes no message in pieces. */
  async write(message: Uint8Array): Promise<number> {
    requireBytes('message', message);
    return new Promise((resolve, reject) => {
      if (this.#closed) {
        reject(this.#closedError('write'));
        return;
      }
      if (this.#blockingWrites) {
        resolve(this.#writeNow(message));
        return;
      }
      fs.write(this.#descriptor, message, 0, message.length, null, (cause, bytes) => {
        if (cause !== null) reject(failure('write', this.#path, cause));
        else resolve(bytes);
      });
    });
  }

  #writeNow(message: Uint8Array): number {
    try {
      return fs.writeSync(this.#descriptor, message, 0, message.length, null);
    } catch (cause) {
      throw failure('write', this.#path, cause);
    }
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    for (const reject of this.#sleepers) reject(this.#closedError('read'));
    this.#sleepers.clear();
    try {
      await close(this.#descriptor);
    } catch (cause) {
      throw failure('close', this.#path, cause);
    }
  }

  #closedError(call: string): KvpError {
    return new KvpError('ERR_DEVICE', { detail: `${call} ${this.#path}`, actual: 'EBADF' });
  }
}

/**
 * Opens nothing yet; each `open` of the result opens `path` for reading and writing. It rejects with ERR_DEVICE when there
 * is no device or it is in use, and with ERR_DEVICE_KIND when something else stands there: only a character device
 * and the file of a FUSE mount are ever written to.
 */
export function openDevicePath(path: string, options: DevicePathOptions = {}): DeviceClient {
  requirePath('path', path);
  requireObject('options', options);
  optional(requireBoolean, 'blockingWrites', options.blockingWrites);
  return {
    name: path,
    open: async () => new PathFile(path, await openDevice(path), options),
  };
}

async function openDevice(path: string): Promise<number> {
  let descriptor: number;
  try {
    descriptor = await open(path, fs.constants.O_RDWR | (fs.constants.O_NOCTTY ?? 0));
  } catch (cause) {
    throw await notOpened(path, cause);
  }
  try {
    checkKind(path, await fstat(descriptor), descriptor);
    return descriptor;
  } catch (cause) {
    await close(descriptor);
    throw cause instanceof KvpError ? cause : failure('open', path, cause);
  }
}

/** What is open counts, not what had the name a moment ago. */
function checkKind(path: string, found: fs.Stats, descriptor?: number): void {
  if (found.isCharacterDevice()) return;
  if (found.isFile() && found.size === 0) {
    if (descriptor !== undefined && isServedFile(descriptor)) return;
    const detail = `${path} is an empty file that no host serves - start the host, or wait for it with --wait`;
    throw new KvpError('ERR_DEVICE', { detail, actual: 'ENODEV' });
  }
  throw new KvpError('ERR_DEVICE_KIND', { detail: path, actual: kindOf(found) });
}

function kindOf(found: fs.Stats): string {
  if (found.isFile()) return `a file of ${found.size} bytes`;
  if (found.isDirectory()) return 'a directory';
  if (found.isFIFO()) return 'a FIFO';
  if (found.isSocket()) return 'a socket';
  return found.isBlockDevice() ? 'a block device' : 'something else';
}

/** In the words of somebody at a terminal. */
async function notOpened(path: string, cause: unknown): Promise<KvpError> {
  const errno = errnoOf(cause);
  const because = (detail: string) => new KvpError('ERR_DEVICE', { detail, actual: errno, cause });
  switch (errno) {
    case 'ENOENT':
      return because(`${path} is not there - load the driver, start the host, or wait for it with --wait`);
    case 'EBUSY':
      return because(`${path} is in use by ${await openerOf(path)} - end it first`);
    case 'ENOTCONN':
    case 'ECONNABORTED':
      return because(`the host that served ${path} has ended - start it again`);
  }
  // A directory and a socket do not even open.
  const found = await stat(path).catch(() => undefined);
  try {
    if (found !== undefined) checkKind(path, found);
  } catch (wrong) {
    return wrong as KvpError;
  }
  if (errno === 'EACCES' || errno === 'EPERM') return because(`this user may not open ${path} - run as root`);
  return failure('open', path, cause);
}

async function openerOf(path: string): Promise<string> {
  const openers = fileOpeners(await realpath(path).catch(() => path));
  if (openers.length === 0) return 'another daemon';
  return openers.map(({ pid, command = 'a program' }) => `${command} (process ${pid})`).join(', ');
}
