/** One opening of /dev/fuse: a loop that reads requests, and writes that answer them. */
import { closeSync, open, read, writeSync } from 'node:fs';
import { promisify } from 'node:util';
import { KvpError } from '../../errors.js';
import { READ_BUFFER_BYTES } from './protocol.js';

export const FUSE_DEVICE = '/dev/fuse';

/** The mount is gone: unmounted, aborted, or never made. */
const CONNECTION_GONE = new Set(['ENODEV', 'ECONNABORTED', 'EPERM']);
/** The request disappeared between the wake-up and the read, or between the read and its answer. */
const REQUEST_GONE = new Set(['ENOENT', 'EINTR', 'EAGAIN']);

export class FuseConnection {
  /** Handed to mount(8); nobody else may use it. */
  readonly descriptor: number;
  #gone = false;

  private constructor(descriptor: number) {
    this.descriptor = descriptor;
  }

  /** @throws KvpError ERR_DEVICE_FUSE when the system has no FUSE or this user may not use it. */
  static async open(): Promise<FuseConnection> {
    try {
      return new FuseConnection(await promisify(open)(FUSE_DEVICE, 'r+'));
    } catch (cause) {
      throw new KvpError('ERR_DEVICE_FUSE', { detail: openRemedy(errorCode(cause)), cause });
    }
  }

  /**
   * Reads requests until the mount is gone, then closes the descriptor and resolves. Rejects with what `handle` threw
   * or with a read error. Each pending read occupies one thread of libuv's pool. To be called after the mount:
   * an unmounted /dev/fuse gives EPERM.
   */
  serve(handle: (request: Uint8Array) => void): Promise<void> {
    const buffer = Buffer.allocUnsafe(READ_BUFFER_BYTES);
    return new Promise<void>((resolve, reject) => {
      const next = () => read(this.descriptor, buffer, 0, buffer.length, null, take);
      const take = (error: NodeJS.ErrnoException | null, length: number) => {
        try {
          if (error === null) handle(buffer.subarray(0, length));
          else if (CONNECTION_GONE.has(error.code ?? '')) return resolve();
          else if (!REQUEST_GONE.has(error.code ?? '')) return reject(error);
        } catch (failure) {
          return reject(failure);
        }
        next();
      };
      next();
    }).finally(() => this.close());
  }

  /** Writes one answer or notification; the kernel has copied it when this returns. */
  send(answer: Uint8Array): void {
    if (this.#gone) return;
    try {
      writeSync(this.descriptor, answer);
    } catch (error) {
      const code = errorCode(error);
      if (!REQUEST_GONE.has(code) && !CONNECTION_GONE.has(code)) throw error;
    }
  }

  /** Only while no read is pending: a descriptor number must not be reused under a read. */
  close(): void {
    if (this.#gone) return;
    this.#gone = true;
    closeSync(this.descriptor);
  }
}

function errorCode(error: unknown): string {
  return (error as NodeJS.ErrnoException | undefined)?.code ?? '';
}

function openRemedy(code: string): string {
  switch (code) {
    case 'ENOENT':
    case 'ENXIO':
    case 'ENODEV':
      return `there is no usable ${FUSE_DEVICE} - load the module (modprobe fuse) or give the container --device ${FUSE_DEVICE}`;
    case 'EACCES':
    case 'EPERM':
      return `this user may not open ${FUSE_DEVICE} - run as root or let the user read and write it (chmod 0666 ${FUSE_DEVICE})`;
    default:
      return `${FUSE_DEVICE} does not open (${code})`;
  }
}
