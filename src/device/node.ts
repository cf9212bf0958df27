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
import { KvpError } from '../errors.js';
import type { DeviceClient, DeviceFile } from './port.js';

const open = promisify(fs.open);
const close = promisify(fs.close);

function failure(call: string, path: string, cause: unknown): KvpError {
  const errno = (cause as NodeJS.ErrnoException).code ?? 'EIO';
  return new KvpError('ERR_DEVICE', { detail: `${call} ${path}`, actual: errno, cause });
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

  read(into: Uint8Array): Promise<number> {
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
  write(message: Uint8Array): Promise<number> {
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

/** Opens nothing yet; each `open` of the result opens `path` for reading and writing. */
export function openDevicePath(path: string, options: DevicePathOptions = {}): DeviceClient {
  return {
    name: path,
    async open() {
      try {
        return new PathFile(path, await open(path, 'r+'), options);
      } catch (cause) {
        throw failure('open', path, cause);
      }
    },
  };
}
