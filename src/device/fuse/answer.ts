/** Answers to FUSE requests: their bodies, and the writer that frames them. */
import { constants } from 'node:os';
import * as fuse from './protocol.js';

export type Errno = keyof typeof constants.errno;

/** A body, success without one, an error, or nothing: the request expects no answer or gets it later. */
export type Answer = Uint8Array | 'ok' | Errno | 'none';

export interface FileAttributes {
  /** Permission bits; the file type is a regular file. */
  mode: number;
  uid: number;
  gid: number;
  /** Seconds since 1970 for all three times. */
  seconds: number;
}

const REGULAR_FILE = 0o100000;
const ROOT_INODE = 1n;
const BLOCK_BYTES = 4096;

export function initBody(minor: number, readahead: number, flags: number): Uint8Array {
  const { bytes, view } = zeroed(fuse.INIT_OUT_BYTES);
  view.setUint32(fuse.INIT_OUT_MAJOR, fuse.FUSE_MAJOR, true);
  view.setUint32(fuse.INIT_OUT_MINOR, minor, true);
  view.setUint32(fuse.INIT_OUT_READAHEAD, readahead, true);
  view.setUint32(fuse.INIT_OUT_FLAGS, flags, true);
  view.setUint16(fuse.INIT_OUT_MAX_BACKGROUND, 16, true);
  view.setUint16(fuse.INIT_OUT_CONGESTION, 12, true);
  view.setUint32(fuse.INIT_OUT_MAX_WRITE, fuse.MAX_WRITE_BYTES, true);
  view.setUint32(fuse.INIT_OUT_TIME_GRANULARITY, 1, true);
  return bytes;
}

/** The validity times stay 0: the kernel asks again every time, so that a dead server is noticed. */
export function attributesBody({ mode, uid, gid, seconds }: FileAttributes): Uint8Array {
  const { bytes, view } = zeroed(fuse.ATTR_OUT_BYTES);
  view.setBigUint64(fuse.ATTR_INODE, ROOT_INODE, true);
  for (const time of [fuse.ATTR_ACCESS_TIME, fuse.ATTR_MODIFY_TIME, fuse.ATTR_CHANGE_TIME])
    view.setBigUint64(time, BigInt(seconds), true);
  view.setUint32(fuse.ATTR_MODE, REGULAR_FILE | mode, true);
  view.setUint32(fuse.ATTR_LINKS, 1, true);
  view.setUint32(fuse.ATTR_UID, uid, true);
  view.setUint32(fuse.ATTR_GID, gid, true);
  view.setUint32(fuse.ATTR_BLOCK_BYTES, BLOCK_BYTES, true);
  return bytes;
}

export function openedBody(handle: number): Uint8Array {
  const { bytes, view } = zeroed(fuse.OPEN_OUT_BYTES);
  view.setBigUint64(fuse.OPEN_OUT_HANDLE, BigInt(handle), true);
  view.setUint32(fuse.OPEN_OUT_FLAGS, fuse.OPEN_FLAGS, true);
  return bytes;
}

export function writtenBody(byteCount: number): Uint8Array {
  const { bytes, view } = zeroed(fuse.WRITE_OUT_BYTES);
  view.setUint32(0, byteCount, true);
  return bytes;
}

export function polledBody(events: number): Uint8Array {
  const { bytes, view } = zeroed(fuse.POLL_OUT_BYTES);
  view.setUint32(0, events, true);
  return bytes;
}

export function fileSystemBody(): Uint8Array {
  const { bytes, view } = zeroed(fuse.STATFS_OUT_BYTES);
  view.setUint32(fuse.STATFS_BLOCK_BYTES, BLOCK_BYTES, true);
  view.setUint32(fuse.STATFS_NAME_BYTES, 255, true);
  return bytes;
}

/** Frames answers in one reused buffer; `send` must be done with the bytes when it returns. */
export class AnswerWriter {
  readonly #send: (framed: Uint8Array) => void;
  #bytes = new Uint8Array(8192);

  constructor(send: (framed: Uint8Array) => void) {
    this.#send = send;
  }

  answer(unique: bigint, answer: Answer): void {
    if (answer === 'none') return;
    if (answer === 'ok') this.#frame(unique, 0, NO_BODY);
    else if (typeof answer === 'string') this.#frame(unique, -constants.errno[answer], NO_BODY);
    else this.#frame(unique, 0, answer);
  }

  /** Wakes whoever sleeps on the poll that gave this kernel handle. */
  notifyPoll(kernelHandle: bigint): void {
    const { bytes, view } = zeroed(fuse.NOTIFY_POLL_BYTES);
    view.setBigUint64(0, kernelHandle, true);
    this.#frame(0n, fuse.NOTIFY_POLL, bytes);
  }

  #frame(unique: bigint, error: number, body: Uint8Array): void {
    const length = fuse.OUT_HEADER_BYTES + body.length;
    if (length > this.#bytes.length) this.#bytes = new Uint8Array(length);
    const view = new DataView(this.#bytes.buffer);
    view.setUint32(fuse.OUT_LENGTH, length, true);
    view.setInt32(fuse.OUT_ERROR, error, true);
    view.setBigUint64(fuse.OUT_UNIQUE, unique, true);
    this.#bytes.set(body, fuse.OUT_HEADER_BYTES);
    this.#send(this.#bytes.subarray(0, length));
  }
}

const NO_BODY = new Uint8Array(0);

function zeroed(length: number): { bytes: Uint8Array; view: DataView } {
  const bytes = new Uint8Array(length);
  return { bytes, view: new DataView(bytes.buffer) };
}
