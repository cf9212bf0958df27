/**
 * A device server that does what a driver does, without one: one opener, registration, one request at a time.
 * For tests of the device file with daemons that nobody here wrote.
 */
import { EventEmitter, once } from 'node:events';

import {
  type DeviceErrno,
  type DeviceServer,
  type FileId,
  POLLIN,
  POLLRDNORM,
  type ReadOutcome,
  type WriteOutcome,
} from 'hv-kvp/device';

export const MESSAGE_BYTES = 7432;
const REGISTER = 100;

interface Exchange {
  resolve(answer: Uint8Array): void;
  reject(error: Error): void;
}

export class RegisteringDevice extends EventEmitter implements DeviceServer {
  /** What the daemon wrote to register, each time it did. */
  readonly registrations: Uint8Array[] = [];
  /** Times the file was closed. */
  releases = 0;
  /** What a registration is answered with behind the operation. */
  registrationText: Uint8Array = Buffer.from('3.1');
  #holder: FileId | undefined;
  #state: 'unregistered' | 'replying' | 'ready' = 'unregistered';
  #queued: Uint8Array | undefined;
  #exchange: Exchange | undefined;

  open(file: FileId): DeviceErrno | 'ok' {
    if (this.#holder !== undefined) return 'EBUSY';
    this.#holder = file;
    return 'ok';
  }

  read(_file: FileId, size: number): ReadOutcome {
    const message = this.#queued;
    if (message === undefined) {
      this.emit('sleeper');
      return { kind: 'blocks' };
    }
    if (size < message.length) return { kind: 'error', errno: 'EINVAL' };
    this.#queued = undefined;
    if (this.#state === 'replying') {
      this.#state = 'ready';
      this.emit('registered');
    }
    return { kind: 'message', message };
  }

  write(_file: FileId, message: Uint8Array): WriteOutcome {
    const copy = message.slice();
    if (message.length < MESSAGE_BYTES) return { kind: 'error', errno: 'EINVAL' };
    if (this.#state === 'unregistered' && message[0] === REGISTER) {
      this.registrations.push(copy);
      this.#state = 'replying';
      this.#offer(daemonMessage(REGISTER, 0, [[4, this.registrationText]]));
    } else if (this.#exchange !== undefined && this.#queued === undefined) {
      const { resolve } = this.#exchange;
      this.#exchange = undefined;
      resolve(copy);
    } else return { kind: 'error', errno: 'EINVAL' };
    return { kind: 'written', bytes: message.length };
  }

  poll(): number {
    if (this.#queued === undefined) this.emit('sleeper');
    return this.#queued === undefined ? 0 : POLLIN | POLLRDNORM;
  }

  release(file: FileId): void {
    if (file !== this.#holder) return;
    this.releases++;
    this.#holder = undefined;
    this.#state = 'unregistered';
    this.#queued = undefined;
    this.#exchange?.reject(new Error('the daemon closed the device'));
    this.#exchange = undefined;
    this.emit('released');
  }

  onWake(listener: () => void): () => void {
    this.on('wake', listener);
    return () => this.off('wake', listener);
  }

  /** Resolves once a daemon has read its registration reply. */
  async registered(): Promise<void> {
    if (this.#state !== 'ready') await once(this, 'registered');
  }

  /** Resolves once nobody has the file open. */
  async closed(): Promise<void> {
    if (this.#holder !== undefined) await once(this, 'released');
  }

  /** Resolves at the next read or poll that finds nothing. To be called before the client is told to make it. */
  async sleeper(): Promise<void> {
    await once(this, 'sleeper');
  }

  /** One request to the daemon and its answer; rejects when the daemon closes the device instead. */
  request(message: Uint8Array): Promise<Uint8Array> {
    if (this.#state !== 'ready') return Promise.reject(new Error('no daemon is registered'));
    return new Promise((resolve, reject) => {
      this.#exchange = { resolve, reject };
      this.#offer(message);
    });
  }

  #offer(message: Uint8Array): void {
    this.#queued = message;
    this.emit('wake');
  }
}

/** A message of 7,432 bytes with the given texts and numbers (u32) at the given offsets. */
export function daemonMessage(operation: number, pool: number, fields: [number, Uint8Array | number][]): Uint8Array {
  const bytes = Buffer.alloc(MESSAGE_BYTES);
  bytes[0] = operation;
  bytes[1] = pool;
  for (const [offset, value] of fields) {
    if (typeof value === 'number') bytes.writeUInt32LE(value >>> 0, offset);
    else bytes.set(value, offset);
  }
  return bytes;
}

/** A SET as the driver hands it to a daemon. */
export function setMessage(pool: number, key: string, value: string): Uint8Array {
  const [keyBytes, valueBytes] = [Buffer.from(`${key}\0`), Buffer.from(`${value}\0`)];
  return daemonMessage(1, pool, [
    [4, 1],
    [8, keyBytes.length],
    [12, valueBytes.length],
    [16, keyBytes],
    [528, valueBytes],
  ]);
}
