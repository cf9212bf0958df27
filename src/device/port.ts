/**
 * The seam between driver and daemon: a character device that carries whole messages (protocol.md 4.4).
 *
 * Two sides. A {@link DeviceServer} is what the driver offers: what each system call on the file does, without any
 * waiting. A {@link DeviceClient} is what a daemon uses: the same calls as promises. `pair.ts` joins the two in
 * process, `fuse/` serves a DeviceServer as a file, `node.ts` is a DeviceClient of a path.
 */

import { requireMethods } from '../arguments.js';

/** The errors a device call can give, by their errno names. */
export type DeviceErrno = 'EBUSY' | 'EINVAL' | 'EBADF' | 'EAGAIN' | 'EINTR' | 'EFAULT' | 'ENODEV' | 'EPERM' | 'EIO';

/** Identifies one opening of the device; chosen by whoever calls the server. */
export type FileId = number;

/** `message` belongs to the server and is valid until the next call of any of its methods: copy it. */
export type ReadOutcome =
  | { kind: 'message'; message: Uint8Array }
  | { kind: 'blocks' }
  | { kind: 'error'; errno: DeviceErrno };
export type WriteOutcome = { kind: 'written'; bytes: number } | { kind: 'error'; errno: DeviceErrno };

/** poll(2) bits, as Linux numbers them. */
export const POLLIN = 0x0001;
export const POLLERR = 0x0008;
export const POLLHUP = 0x0010;
export const POLLRDNORM = 0x0040;

/** The driver's end. Every call returns at once; a read that would sleep says `blocks` and is repeated after a wake. */
export interface DeviceServer {
  open(file: FileId): DeviceErrno | 'ok';
  /** `message` is the caller's own copy. `size` is the caller's buffer: smaller than a message gives EINVAL and keeps it. */
  read(file: FileId, size: number): ReadOutcome;
  /** The server copies what it keeps. */
  write(file: FileId, message: Uint8Array): WriteOutcome;
  poll(file: FileId): number;
  release(file: FileId): void;
  /** Called whenever a sleeping read or poll should look again. Returns the unsubscriber. */
  onWake(listener: () => void): () => void;
}

/** @throws MisuseError when it is none */
export function requireServer(server: DeviceServer): void {
  requireMethods('server', server, 'open', 'read', 'write', 'poll', 'release', 'onWake');
}

/** One opening of the device, as a daemon sees it. Calls reject with a `KvpError` ERR_DEVICE whose `actual` is the errno name. */
export interface DeviceFile {
  /**
   * Sleeps until a message is there and copies it into `into`; returns its length. After `close` it rejects with EBADF.
   */
  read(into: Uint8Array): Promise<number>;
  write(message: Uint8Array): Promise<number>;
  close(): Promise<void>;
}

export interface DeviceClient {
  /** For logs: the path, or "in process". */
  readonly name: string;
  open(): Promise<DeviceFile>;
}
